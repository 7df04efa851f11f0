//! `/auth/oauth2/token`: the client-credentials grant (RFC 6749, section 4.4).

use std::time::Instant;

use serde_json::json;

use super::super::reply::Reply;
use super::super::request::Request;
use super::Account;

/// Answers in the shape of RFC 6749, section 5.
pub(super) fn token(account: &mut Account, request: &Request) -> Reply {
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(&request.body).into_owned().collect();
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let client =
        request.credentials().or_else(|| Some((field("client_id")?, field("client_secret")?)));
    let known = (account.options.client_id.clone(), account.options.client_secret.clone());
    if request.method != "POST" {
        return error(400, "invalid_request");
    }
    if field("grant_type").as_deref() != Some("client_credentials") {
        return error(400, "unsupported_grant_type");
    }
    if client != Some(known) {
        return error(401, "invalid_client");
    }
    if field("scope").as_deref() != Some("all") {
        return error(400, "invalid_scope");
    }
    let token = format!("lab-token-{}", account.next_number());
    account.tokens.push((token.clone(), Instant::now()));
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": 3599, "scope": "all"
    });
    Reply::json(200, body.to_string())
}

fn error(status: u16, word: &str) -> Reply {
    let body = json!({ "error": word, "error_description": "the lab does not take this" });
    Reply::json(status, body.to_string())
}
