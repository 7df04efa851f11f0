//! What a value looks like in the API's JSON.

use serde::Deserialize;

use super::{KeyState, Login, NewKey, PlainRecord, Record, Token, Zone};
use crate::config::Secret;

/// Every field of every object that is asked for: one reader, as each weighs 2 KB on MIPS.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Wire {
    id: Option<u64>,
    sub_domain: Option<String>,
    ip: Option<String>,
    login: Option<String>,
    name_servers: Option<Vec<String>>,
    field_type: Option<String>,
    target: Option<String>,
    ttl: Option<u64>,
    status: Option<String>,
    consumer_key: Option<String>,
    validation_url: Option<String>,
    #[serde(rename = "access_token")]
    access_token: Option<String>,
    #[serde(rename = "expires_in")]
    expires_in: Option<u64>,
    pub(in super::super) error_code: Option<String>,
    pub(in super::super) message: Option<String>,
    pub(in super::super) error: Option<String>,
    #[serde(rename = "error_description")]
    pub(in super::super) error_description: Option<String>,
}

/// One of the API's objects.
pub trait Object: Sized {
    /// The object, if the answer has all of its fields.
    fn of(wire: Wire) -> Option<Self>;
}

impl Object for Record {
    fn of(wire: Wire) -> Option<Self> {
        let ip = wire.ip?.parse().ok()?;
        Some(Self { id: wire.id?, sub_domain: wire.sub_domain.unwrap_or_default(), ip })
    }
}

impl Object for Login {
    fn of(wire: Wire) -> Option<Self> {
        Some(Self { login: wire.login?, sub_domain: wire.sub_domain.unwrap_or_default() })
    }
}

impl Object for Zone {
    fn of(wire: Wire) -> Option<Self> {
        Some(Self { name_servers: wire.name_servers? })
    }
}

impl Object for PlainRecord {
    fn of(wire: Wire) -> Option<Self> {
        Some(Self {
            id: wire.id?,
            kind: wire.field_type?,
            sub_domain: wire.sub_domain.unwrap_or_default(),
            target: wire.target?,
            ttl: wire.ttl.and_then(|ttl| u32::try_from(ttl).ok()),
        })
    }
}

impl Object for NewKey {
    fn of(wire: Wire) -> Option<Self> {
        let (key, url) = (wire.consumer_key?, wire.validation_url?);
        let is_url = url.starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic());
        (is_url && !key.is_empty()).then(|| Self { consumer_key: Secret::new(key), url })
    }
}

impl Object for KeyState {
    fn of(wire: Wire) -> Option<Self> {
        match wire.status?.as_str() {
            "pendingValidation" => Some(Self::PendingValidation),
            "validated" => Some(Self::Validated),
            "refused" => Some(Self::Refused),
            "expired" => Some(Self::Expired),
            _ => None,
        }
    }
}

impl Object for Token {
    fn of(wire: Wire) -> Option<Self> {
        let token = wire.access_token?;
        let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let expires_in = wire.expires_in.unwrap_or_default();
        is_one.then(|| Self { token: Secret::new(token), expires_in })
    }
}
