//! `/domain/zone` and what is below it.

use serde_json::{Value, json};

use super::super::reply::Reply;
use super::super::shared::{Shared, locked};
use super::replies::{no_service, no_url, null, value};
use super::{Answer, Call, dynhost, plain};

/// A zone of the account that a call is about.
pub(super) struct Zone<'a> {
    pub(super) shared: &'a Shared,
    pub(super) name: &'a str,
}

impl Zone<'_> {
    /// The name that a sub-domain has in this zone; `None` if it cannot be one.
    pub(super) fn hostname(&self, sub_domain: &str) -> Option<String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_name =
            sub_domain.split('.').all(|label| !label.is_empty() && label.chars().all(legal));
        match sub_domain {
            "" => Some(self.name.to_owned()),
            name => is_name.then(|| format!("{}.{}", name.to_lowercase(), self.name)),
        }
    }

    /// The sub-domain of a name, if it lies in this zone.
    pub(super) fn sub_domain<'n>(&self, hostname: &'n str) -> Option<&'n str> {
        let rest = hostname.strip_suffix(self.name)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_suffix('.') }
    }
}

pub(super) fn answer(shared: &Shared, call: &Call<'_>, rest: &[&str]) -> Answer {
    let method = call.request.method.as_str();
    let [name, rest @ ..] = rest else {
        let names: Vec<String> =
            locked(&shared.account).zones().iter().map(|zone| zone.name.clone()).collect();
        return if method == "GET" { Ok(value(&json!(names))) } else { Err(no_url()) };
    };
    if !locked(&shared.account).zones().iter().any(|zone| zone.name == *name) {
        return Err(no_service());
    }
    let zone = Zone { shared, name };
    match (method, rest) {
        ("GET", []) => Ok(own(&zone)),
        ("POST", ["refresh"]) => {
            locked(&shared.records).refresh(name);
            Ok(null())
        }
        (_, ["dynHost", "record", rest @ ..]) => dynhost::records(&zone, call, rest),
        (_, ["dynHost", "login", rest @ ..]) => dynhost::logins(&zone, call, rest),
        (_, ["record", rest @ ..]) => plain::answer(&zone, call, rest),
        _ => Err(no_url()),
    }
}

fn own(zone: &Zone<'_>) -> Reply {
    let servers: Vec<String> =
        locked(&zone.shared.name_servers).iter().map(|server| server.name().to_owned()).collect();
    value(&json!({
        "name": zone.name, "nameServers": servers, "hasDnsAnycast": false,
        "dnssecSupported": true, "lastUpdate": "2026-11-26T00:00:00+01:00"
    }))
}

/// Whether a filter of the query lets a value through: it may stand anywhere in it.
pub(super) fn passes(call: &Call<'_>, name: &str, value: &str) -> bool {
    call.request.parameter(name).is_none_or(|wanted| value.contains(&wanted))
}

/// A text of the body; `null` and a missing one are `None`.
pub(super) fn text<'v>(body: &'v Value, name: &str) -> Option<&'v str> {
    body.get(name).and_then(Value::as_str)
}
