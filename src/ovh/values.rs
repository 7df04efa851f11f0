//! What the API answers, as values: bounded, and nothing kept that nobody asks for.

mod wire;

use std::net::IpAddr;

use serde::de::DeserializeOwned;

pub use wire::{Object, Wire};

use super::call::{Call, quoted};
use super::error::{Kind, Trouble};
use super::rights::Right;
use crate::Time;
use crate::config::Secret;
use crate::json::is_too_deep;

/// Longest answer, in bytes; the list of a hundred zones takes a tenth.
pub const MAX_BODY: usize = 64 * 1024;

/// An answer of the API as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header `X-Ovh-QueryID`, by which the provider's support finds the call.
    pub query_id: Option<String>,
    /// The body, at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// A `DynHost` record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the zone.
    pub id: u64,
    /// Empty for the apex.
    pub sub_domain: String,
    /// What it points at.
    pub ip: IpAddr,
}

/// An identifier: a login that may update one sub-domain, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `<zone>-<suffix>`.
    pub login: String,
    /// Empty for the apex, `*` for every sub-domain.
    pub sub_domain: String,
}

/// A zone of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The servers that hold it.
    pub name_servers: Vec<String>,
}

/// A record of the zone, which may be a `DynHost` record seen from another side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRecord {
    /// Its number in the zone.
    pub id: u64,
    /// `A`, `CNAME` and so on.
    pub kind: String,
    /// Empty for the apex.
    pub sub_domain: String,
    /// The address or name it points at.
    pub target: String,
    /// Seconds; 0 for that of the zone.
    pub ttl: Option<u32>,
}

/// A consumer key as it is handed out, of no use until its link was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The key.
    pub consumer_key: Secret,
    /// The page on which the customer grants it the rights.
    pub url: String,
}

/// Where a consumer key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Its link has not been opened yet.
    PendingValidation,
    /// It can be used.
    Validated,
    /// The customer has said no.
    Refused,
    /// It was limited in time.
    Expired,
}

/// An OAuth2 token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What follows `Bearer ` in `Authorization`.
    pub token: Secret,
    /// Seconds from now on.
    pub expires_in: Time,
}

/// Reads a list of numbers, as of records.
///
/// # Errors
/// [`Trouble::Api`] if it is none; so it is for all below.
pub fn ids(call: &Call, response: &Response) -> Result<Vec<u64>, Trouble> {
    decode(call, response)
}

/// Reads a list of names, as of zones and logins.
///
/// # Errors
/// As above.
pub fn names(call: &Call, response: &Response) -> Result<Vec<String>, Trouble> {
    decode(call, response)
}

/// Reads one object.
///
/// # Errors
/// As above.
pub fn object<T: Object>(call: &Call, response: &Response) -> Result<T, Trouble> {
    let wire = wire(call, response)?;
    T::of(wire).ok_or_else(|| Trouble::of(call, response, Kind::Unreadable))
}

#[inline(never)]
fn wire(call: &Call, response: &Response) -> Result<Wire, Trouble> {
    decode(call, response)
}

/// Takes an answer for done, whatever it says beside: `null`, nothing, or the object.
///
/// # Errors
/// As above.
pub fn done(call: &Call, response: &Response) -> Result<(), Trouble> {
    accepted(call, response).map(|_| ())
}

/// Reads `/auth/time`: seconds since 1970.
///
/// # Errors
/// As above.
pub fn time(call: &Call, response: &Response) -> Result<Time, Trouble> {
    decode(call, response)
}

/// The body that asks for a consumer key with these rights.
#[must_use]
pub fn key_request(rights: &[Right]) -> String {
    let rules: Vec<String> = rights
        .iter()
        .map(|right| {
            let (method, path) = (right.method.as_str(), quoted(&right.path));
            format!("{{\"method\":\"{method}\",\"path\":{path}}}")
        })
        .collect();
    format!("{{\"accessRules\":[{}]}}", rules.join(","))
}

fn accepted<'r>(call: &Call, response: &'r Response) -> Result<&'r str, Trouble> {
    let text = std::str::from_utf8(&response.body).unwrap_or_default().trim();
    if (200..300).contains(&response.status) {
        Ok(text)
    } else {
        Err(Trouble::read(call, response))
    }
}

fn decode<T: DeserializeOwned>(call: &Call, response: &Response) -> Result<T, Trouble> {
    let text = accepted(call, response)?;
    from_json(text).ok_or_else(|| Trouble::of(call, response, Kind::Unreadable))
}

/// What a body says that is no success; nothing, if it is no object.
#[inline(never)]
pub(super) fn refusal(body: &[u8]) -> Wire {
    from_json(std::str::from_utf8(body).unwrap_or_default().trim()).unwrap_or_default()
}

/// JSON of any size that is allowed and depth.
fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.len() > MAX_BODY || is_too_deep(text.as_bytes()) {
        return None;
    }
    let mut unescaped = vec![0; text.len()];
    let (value, length) = serde_json_core::from_str_escaped(text, &mut unescaped).ok()?;
    (length == text.len()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ovh::call::Method;

    fn get() -> Call {
        Call::new(Method::Get, String::from("/domain/zone"))
    }

    fn response(body: &str) -> Response {
        Response { status: 200, query_id: None, body: body.into() }
    }

    #[test]
    fn every_value_is_read_and_what_is_more_is_skipped() {
        let record: Record = object(&get(), &response(
            "{\"id\":12,\"zone\":\"example.com\",\"subDomain\":\"home\",\"ip\":\"203.0.113.7\",\"ttl\":60}",
        )).unwrap();
        let ip = "203.0.113.7".parse().unwrap();
        assert_eq!(record, Record { id: 12, sub_domain: "home".into(), ip });
        for apex in ["\"subDomain\":null,", "\"subDomain\":\"\",", ""] {
            let body = format!("{{{apex}\"id\":1,\"ip\":\"2001:db8::7\"}}");
            let record: Record = object(&get(), &response(&body)).unwrap();
            assert_eq!((record.sub_domain.as_str(), record.ip.is_ipv6()), ("", true), "{body}");
        }
        let login: Login = object(&get(), &response(
            "{ \"login\": \"example.com-home\", \"subDomain\": \"*\", \"zone\": \"example.com\" }\n",
        )).unwrap();
        assert_eq!(login, Login { login: "example.com-home".into(), sub_domain: "*".into() });
        let zone: Zone = object(&get(), &response(
            "{\"name\":\"example.com\",\"x\":{\"y\":[1,2.5,null,true]},\"nameServers\":[\"dns1.ovh.net\",\"ns1.ovh.net\"]}",
        )).unwrap();
        assert_eq!(zone.name_servers, ["dns1.ovh.net", "ns1.ovh.net"]);
        let plain: PlainRecord = object(&get(), &response(
            "{\"fieldType\":\"TXT\",\"id\":5,\"subDomain\":null,\"target\":\"\\\"a\\/b\\\"\",\"ttl\":0,\"zone\":\"example.com\"}",
        )).unwrap();
        assert_eq!(
            (plain.target.as_str(), plain.ttl, plain.sub_domain.as_str()),
            ("\"a/b\"", Some(0), "")
        );
        assert_eq!(ids(&get(), &response("[1, 22]")), Ok(vec![1, 22]));
        assert_eq!(ids(&get(), &response("[]")), Ok(vec![]));
        assert_eq!(names(&get(), &response("[\"a.com\"]")), Ok(vec![String::from("a.com")]));
        assert_eq!(time(&get(), &response("1795420385\n")), Ok(1_795_420_385));
        for body in ["null", "", "{\"id\":1}", "\u{e9}"] {
            assert_eq!(done(&get(), &response(body)), Ok(()), "{body}");
        }
    }

    #[test]
    fn keys_and_tokens_are_read_and_do_not_show_themselves() {
        let key = object::<NewKey>(&get(), &response(
            "{\"consumerKey\":\"s3cret\",\"state\":\"pendingValidation\",\"validationUrl\":\"https://eu.api.ovh.com/auth/?credentialToken=x\"}",
        )).unwrap();
        assert_eq!(key.consumer_key.reveal(), "s3cret");
        assert!(!format!("{key:?}").contains("s3cret"));
        let token = object::<Token>(&get(), &response(
            "{\"access_token\":\"s3cret\",\"token_type\":\"Bearer\",\"expires_in\":3599,\"scope\":\"all\"}",
        )).unwrap();
        assert_eq!((token.token.reveal(), token.expires_in), ("s3cret", 3599));
        let states = [
            ("pendingValidation", KeyState::PendingValidation),
            ("validated", KeyState::Validated),
            ("refused", KeyState::Refused),
            ("expired", KeyState::Expired),
        ];
        for (word, state) in states {
            let body = format!("{{\"rules\":[],\"status\":\"{word}\",\"expiration\":null}}");
            assert_eq!(object(&get(), &response(&body)), Ok(state));
        }
        for url in ["http://eu.api.ovh.com", "https://a b", "https://a\\u001b[1m"] {
            let body = format!("{{\"consumerKey\":\"x\",\"validationUrl\":\"{url}\"}}");
            assert!(object::<NewKey>(&get(), &response(&body)).is_err(), "{url}");
        }
    }

    #[test]
    fn the_request_for_a_key_is_json() {
        let right = Right { method: Method::Get, path: String::from("/domain/zone") };
        let expected = "{\"accessRules\":[{\"method\":\"GET\",\"path\":\"/domain/zone\"},\
            {\"method\":\"GET\",\"path\":\"/domain/zone\"}]}";
        assert_eq!(key_request(&[right.clone(), right]), expected);
    }

    #[test]
    fn odd_answers_are_errors_of_their_own() {
        let deep = format!("{{\"id\":1,\"ip\":\"::1\",\"x\":{}", "[".repeat(MAX_BODY / 2));
        let long = format!("[{}1]", "1,".repeat(MAX_BODY));
        let rows =
            ["", "null", "[", "[1", "[1]x", "{}", "[\"1\"]", "[-1]", "<html></html>", &deep, &long];
        for body in rows {
            let trouble = ids(&get(), &response(body)).unwrap_err().to_string();
            assert!(trouble.contains("no answer of the API"), "{trouble}");
            assert!(object::<Record>(&get(), &response(body)).is_err());
        }
    }
}
