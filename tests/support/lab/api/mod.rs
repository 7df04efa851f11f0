//! OVHcloud's REST API beside `nic/update`: signature, time, rights, errors, `DynHost`, records.
//!
//! As strict as the real one where a fact is known: the full URL by the `Host` header is signed,
//! a key that is not validated is refused, filters are fuzzy, the list of all records holds the
//! `DynHost` ones, edits are seen in the DNS after `/refresh` only.
//!
//! Assumed, as nothing is known: time stamps may be 30 s off; key, time, signature and rights are
//! checked in that order; a login or record that exists, or a plain record of the name, is 409;
//! what is not accepted is repeated in the message, passwords too; more than 60 calls a minute
//! are 429; tokens last an hour; `nameServers` are the provider's also for a zone that the DNS
//! looks for elsewhere.
//!
//! Left out: everything but `/auth` and `/domain/zone`; records other than A, AAAA and CNAME in
//! the DNS; PUT of plain records; `allowedIPs` and `redirection`; the page behind `validationUrl`
//! (`Account::set_key` plays it); batch calls; regions; rate limits by path.

mod access;
mod dynhost;
mod keys;
pub mod options;
mod oauth;
mod plain;
mod replies;
mod zone;

use super::reply::Reply;
use super::request::Request;
use super::shared::{Shared, locked};

pub use access::Account;
pub use keys::KeyState;

use replies::no_url;

/// What a call is, once its version is taken off.
struct Call<'r> {
    request: &'r Request,
    /// The path without version and query, as rights name it.
    path: &'r str,
    /// Its segments, decoded.
    segments: Vec<String>,
}

/// Answers a request if its path is one of the API.
pub fn answer(shared: &Shared, request: &Request) -> Option<Reply> {
    let path = request.path();
    let reply = if path == "/auth/oauth2/token" {
        oauth::token(&mut locked(&shared.account), request)
    } else {
        let path = ["/1.0/", "/v1/"]
            .iter()
            .find_map(|version| path.starts_with(version).then(|| &path[version.len() - 1..]))?;
        let segments = path.split('/').skip(1).map(decoded).collect();
        let call = Call { request, path, segments };
        dispatch(shared, &call).unwrap_or_else(|refusal| refusal)
    };
    let number = locked(&shared.account).next_number();
    Some(reply.with_header("X-Ovh-QueryID", &format!("EU.ext-3.lab.{number}")))
}

/// A reply, or the refusal that came before it.
type Answer = Result<Reply, Reply>;

fn dispatch(shared: &Shared, call: &Call<'_>) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let method = call.request.method.as_str();
    match (method, segments.as_slice()) {
        ("GET", ["auth", "time"]) => {
            return Ok(Reply::json(200, locked(&shared.account).time().to_string()));
        }
        ("POST", ["auth", "credential"]) => {
            return keys::request(&mut locked(&shared.account), call);
        }
        _ => {}
    }
    locked(&shared.account).check(call)?;
    match (method, segments.as_slice()) {
        ("GET", ["auth", "currentCredential"]) => keys::current(&locked(&shared.account), call),
        (_, ["domain", "zone", rest @ ..]) => zone::answer(shared, call, rest),
        _ => Err(no_url()),
    }
}

/// A segment of a path, in which `+` is itself.
fn decoded(segment: &str) -> String {
    let query = format!("x={}", segment.replace('+', "%2B"));
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
