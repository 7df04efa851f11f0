//! `/dynHost/record` and `/dynHost/login` of a zone.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::super::dns::TTL;
use super::super::options::Identifier;
use super::super::records::DynHost;
use super::super::reply::Reply;
use super::super::shared::locked;
use super::keys::object;
use super::replies::{conflict, no_object, no_url, not_valid, null, value};
use super::zone::{Zone, passes, text};
use super::{Answer, Call};

pub(super) fn records(zone: &Zone<'_>, call: &Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => {
            let own = own_records(zone);
            let ids: Vec<u64> = own
                .iter()
                .filter(|(_, sub_domain)| passes(call, "subDomain", sub_domain))
                .map(|(record, _)| record.id)
                .collect();
            Ok(value(&json!(ids)))
        }
        ("POST", []) => add_record(zone, &object(call.request)?),
        (method, [id]) => {
            let found = own_records(zone).into_iter().find(|(own, _)| own.id.to_string() == *id);
            let found = found.ok_or_else(|| no_object(id))?;
            one_record(zone, call, method, found)
        }
        _ => Err(no_url()),
    }
}

fn one_record(
    zone: &Zone<'_>,
    call: &Call<'_>,
    method: &str,
    (record, sub_domain): (DynHost, String),
) -> Answer {
    match method {
        "GET" => Ok(shown(zone, &record, &sub_domain)),
        "DELETE" => {
            locked(&zone.shared.records).remove_id(record.id);
            Ok(null())
        }
        "PUT" => {
            let body = object(call.request)?;
            let hostname = match text(&body, "subDomain") {
                Some(_) => hostname(zone, &body)?,
                None => record.hostname,
            };
            let address = if body.get("ip").is_some() { ip(&body)? } else { record.address };
            let mut records = locked(&zone.shared.records);
            if !records.change_dynhost(record.id, &hostname, address) {
                return Err(conflict("A DynHost record of this name"));
            }
            Ok(null())
        }
        _ => Err(no_url()),
    }
}

fn own_records(zone: &Zone<'_>) -> Vec<(DynHost, String)> {
    let all = locked(&zone.shared.records).dynhost();
    let own = all.into_iter().filter_map(|record| {
        let sub_domain = zone.sub_domain(&record.hostname)?.to_owned();
        Some((record, sub_domain))
    });
    own.collect()
}

fn add_record(zone: &Zone<'_>, body: &Value) -> Answer {
    let (hostname, address) = (hostname(zone, body)?, ip(body)?);
    let mut records = locked(&zone.shared.records);
    let bars = ["A", "AAAA", "CNAME"];
    let in_the_way = records
        .plain()
        .iter()
        .any(|plain| plain.hostname == hostname && bars.contains(&plain.kind.as_str()));
    if in_the_way {
        return Err(conflict("A record of this name"));
    }
    let id = records.add_dynhost(&hostname, address);
    let id = id.ok_or_else(|| conflict("A DynHost record of this name"))?;
    let sub_domain = zone.sub_domain(&hostname).unwrap_or_default().to_owned();
    Ok(shown(zone, &DynHost { id, hostname, address }, &sub_domain))
}

fn shown(zone: &Zone<'_>, record: &DynHost, sub_domain: &str) -> Reply {
    let ip = record.address.to_string();
    value(&json!({
        "id": record.id, "zone": zone.name, "subDomain": sub_domain, "ip": ip, "ttl": TTL
    }))
}

fn hostname(zone: &Zone<'_>, body: &Value) -> Result<String, Reply> {
    let given = body.get("subDomain").cloned().unwrap_or_default();
    let name = match &given {
        Value::Null => Some(""),
        other => other.as_str(),
    };
    name.and_then(|name| zone.hostname(name)).ok_or_else(|| not_valid("subDomain", &given))
}

fn ip(body: &Value) -> Result<IpAddr, Reply> {
    let given = body.get("ip").cloned().unwrap_or_default();
    let address = given.as_str().and_then(|text| text.parse().ok());
    address.ok_or_else(|| not_valid("ip", &given))
}

pub(super) fn logins(zone: &Zone<'_>, call: &Call<'_>, rest: &[&str]) -> Answer {
    let mut identifiers = locked(&zone.shared.provider.identifiers);
    let own = format!("{}-", zone.name);
    let position = |login: &str| {
        let is_it = |known: &Identifier| known.login == login && login.starts_with(&own);
        identifiers.iter().position(is_it).ok_or_else(|| no_object(login))
    };
    match (call.request.method.as_str(), rest) {
        ("GET", []) => {
            let listed = identifiers.iter().filter(|known| {
                known.login.starts_with(&own)
                    && passes(call, "login", &known.login)
                    && passes(call, "subDomain", &known.sub_domain)
            });
            let logins: Vec<&str> = listed.map(|known| known.login.as_str()).collect();
            Ok(value(&json!(logins)))
        }
        ("POST", []) => add_login(zone, &mut identifiers, &object(call.request)?),
        ("GET", [login]) => Ok(login_shown(zone, &identifiers[position(login)?])),
        ("DELETE", [login]) => {
            let position = position(login)?;
            identifiers.remove(position);
            Ok(null())
        }
        ("PUT", [login]) => {
            let position = position(login)?;
            identifiers[position].sub_domain = login_sub_domain(zone, &object(call.request)?)?;
            Ok(null())
        }
        ("POST", [login, "changePassword"]) => {
            let position = position(login)?;
            identifiers[position].password = password(&object(call.request)?)?;
            Ok(null())
        }
        _ => Err(no_url()),
    }
}

fn add_login(zone: &Zone<'_>, identifiers: &mut Vec<Identifier>, body: &Value) -> Answer {
    let given = body.get("loginSuffix").cloned().unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let is_suffix = |text: &&str| (1..=10).contains(&text.len()) && text.chars().all(legal);
    let suffix =
        given.as_str().filter(is_suffix).ok_or_else(|| not_valid("loginSuffix", &given))?;
    let (password, sub_domain) = (password(body)?, login_sub_domain(zone, body)?);
    let login = format!("{}-{suffix}", zone.name);
    if identifiers.iter().any(|known| known.login == login) {
        return Err(conflict("This login"));
    }
    identifiers.push(Identifier { login, password, sub_domain });
    Ok(login_shown(zone, &identifiers[identifiers.len() - 1]))
}

fn login_shown(zone: &Zone<'_>, known: &Identifier) -> Reply {
    value(&json!({ "login": known.login, "subDomain": known.sub_domain, "zone": zone.name }))
}

fn login_sub_domain(zone: &Zone<'_>, body: &Value) -> Result<String, Reply> {
    if text(body, "subDomain") == Some("*") {
        return Ok(String::from("*"));
    }
    let hostname = hostname(zone, body)?;
    Ok(zone.sub_domain(&hostname).unwrap_or_default().to_owned())
}

fn password(body: &Value) -> Result<String, Reply> {
    let given = body.get("password").cloned().unwrap_or_default();
    let is_one = |text: &&str| (8..=31).contains(&text.chars().count());
    let password = given.as_str().filter(is_one).ok_or_else(|| not_valid("password", &given))?;
    Ok(password.to_owned())
}
