//! `/record` of a zone: all its records, those of `DynHost` among them.

use serde_json::{Value, json};

use super::super::dns::TTL;
use super::super::records::Plain;
use super::super::reply::Reply;
use super::super::shared::locked;
use super::keys::object;
use super::replies::{no_object, no_url, not_valid, null, value};
use super::zone::{Zone, passes, text};
use super::{Answer, Call};

pub(super) fn answer(zone: &Zone<'_>, call: &Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => {
            let kind = call.request.parameter("fieldType");
            let listed = own_records(zone).into_iter().filter(|record| {
                let sub_domain = zone.sub_domain(&record.hostname).unwrap_or_default();
                kind.as_ref().is_none_or(|kind| *kind == record.kind)
                    && passes(call, "subDomain", sub_domain)
            });
            let ids: Vec<u64> = listed.map(|record| record.id).collect();
            Ok(value(&json!(ids)))
        }
        ("POST", []) => add(zone, &object(call.request)?),
        (method, [id]) => {
            let found = own_records(zone).into_iter().find(|own| own.id.to_string() == *id);
            let found = found.ok_or_else(|| no_object(id))?;
            match method {
                "GET" => Ok(shown(zone, &found)),
                "DELETE" => {
                    locked(&zone.shared.records).remove_id(found.id);
                    Ok(null())
                }
                _ => Err(no_url()),
            }
        }
        _ => Err(no_url()),
    }
}

/// Both kinds of records of the zone.
fn own_records(zone: &Zone<'_>) -> Vec<Plain> {
    let records = locked(&zone.shared.records);
    let dynhost = records.dynhost().into_iter().map(|record| Plain {
        id: record.id,
        kind: if record.address.is_ipv4() { "A".into() } else { "AAAA".into() },
        target: record.address.to_string(),
        hostname: record.hostname,
        ttl: TTL,
    });
    let all = records.plain().iter().cloned().chain(dynhost);
    all.filter(|record| zone.sub_domain(&record.hostname).is_some()).collect()
}

fn add(zone: &Zone<'_>, body: &Value) -> Answer {
    let kind = text(body, "fieldType").unwrap_or_default();
    if !["A", "AAAA", "CNAME", "TXT", "MX"].contains(&kind) {
        return Err(not_valid("fieldType", &json!(kind)));
    }
    let sub_domain = text(body, "subDomain").unwrap_or_default();
    let hostname = zone.hostname(sub_domain);
    let hostname = hostname.ok_or_else(|| not_valid("subDomain", &json!(sub_domain)))?;
    let target = text(body, "target").ok_or_else(|| not_valid("target", &Value::Null))?;
    let ttl = body.get("ttl").and_then(Value::as_u64).unwrap_or(0);
    let ttl = u32::try_from(ttl).map_err(|_| not_valid("ttl", &json!(ttl)))?;
    let id = locked(&zone.shared.records).add_plain(&hostname, (kind, target), ttl);
    Ok(shown(zone, &Plain { id, hostname, kind: kind.into(), target: target.into(), ttl }))
}

fn shown(zone: &Zone<'_>, record: &Plain) -> Reply {
    value(&json!({
        "id": record.id, "zone": zone.name, "fieldType": record.kind,
        "subDomain": zone.sub_domain(&record.hostname), "target": record.target, "ttl": record.ttl
    }))
}
