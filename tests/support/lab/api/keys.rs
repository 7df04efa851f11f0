//! Consumer keys: asked for by the application, validated by the customer.

use serde_json::{Value, json};

use super::super::request::Request;
use super::replies::{invalid_signature, not_valid, value};
use super::{Account, Answer, Call};

/// A consumer key and what it may do.
#[derive(Clone, Debug)]
pub struct ConsumerKey {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub state: KeyState,
    /// Method and path with `*`.
    pub rights: Vec<(String, String)>,
}

/// Where a consumer key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Nobody has opened its link yet.
    PendingValidation,
    /// It can be used.
    Validated,
    /// The customer has said no.
    Refused,
    /// It was limited in time.
    Expired,
}

impl KeyState {
    /// As the API has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PendingValidation => "pendingValidation",
            Self::Validated => "validated",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// The state of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::PendingValidation, Self::Validated, Self::Refused, Self::Expired];
        all.into_iter().find(|state| state.word() == word)
    }
}

/// `POST /auth/credential`.
pub(super) fn request(account: &mut Account, call: &Call<'_>) -> Answer {
    account.check_application(call)?;
    let body = object(call.request)?;
    let rules = body.get("accessRules").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rights = Vec::new();
    for rule in &rules {
        let (method, path) = (rule["method"].as_str(), rule["path"].as_str());
        let is_method = |method: &&str| ["GET", "POST", "PUT", "DELETE"].contains(method);
        let is_path = |path: &&str| path.starts_with('/');
        match (method.filter(is_method), path.filter(is_path)) {
            (Some(method), Some(path)) => rights.push((method.into(), path.into())),
            _ => return Err(not_valid("accessRules", rule)),
        }
    }
    if rights.is_empty() {
        return Err(not_valid("accessRules", &Value::Null));
    }
    let key = format!("lab-consumer-{}", account.next_number());
    let state = KeyState::PendingValidation;
    let host = call.request.header("Host").unwrap_or_default();
    let url = format!("https://{host}/auth/?credentialToken=lab-{}", account.next_number());
    account.keys.push(ConsumerKey { key: key.clone(), state, rights });
    Ok(value(&json!({ "consumerKey": key, "state": state.word(), "validationUrl": url })))
}

/// `GET /auth/currentCredential`.
pub(super) fn current(account: &Account, call: &Call<'_>) -> Answer {
    let key = call.request.header("X-Ovh-Consumer").unwrap_or_default();
    let known = account.keys.iter().find(|known| known.key == key);
    let known = known.ok_or_else(super::no_url)?;
    let rules = known.rights.iter().map(|(method, path)| json!({ "method": method, "path": path }));
    let rules: Vec<Value> = rules.collect();
    let status = known.state.word();
    Ok(value(&json!({
        "credentialId": 1, "applicationId": 2, "status": status, "rules": rules,
        "expiration": null, "allowedIPs": null, "ovhSupport": false
    })))
}

/// The body as an object; another type is what the API calls a wrong signature.
pub(super) fn object(request: &Request) -> Result<Value, super::Reply> {
    let is_json =
        request.header("Content-Type").is_some_and(|kind| kind.starts_with("application/json"));
    let parsed = serde_json::from_slice(&request.body).ok();
    parsed.filter(|value: &Value| is_json && value.is_object()).ok_or_else(invalid_signature)
}
