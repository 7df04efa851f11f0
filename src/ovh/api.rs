//! The calls of the API that the commands need, each from its values to its value.

mod login;
mod path;

use std::net::IpAddr;

pub use login::NewLogin;

use path::{filtered, get, path};

use super::call::{Call, Method};
use super::error::{Kind, Trouble};
use super::exchange::Exchange;
use super::rights::Right;
use super::values::{self, KeyState, NewKey, PlainRecord, Record, Response, Zone};
use crate::Time;

/// More records or logins than this are not looked at one by one.
pub const MAX_ITEMS: usize = 64;

/// The API by whoever sends the calls.
pub struct Api<'e> {
    exchange: &'e mut dyn Exchange,
}

impl<'e> Api<'e> {
    /// The API by this sender.
    pub fn new(exchange: &'e mut dyn Exchange) -> Self {
        Self { exchange }
    }

    /// The provider's clock.
    ///
    /// # Errors
    /// [`Trouble`], as for all below: the call failed, or the API said no.
    pub fn time(&mut self) -> Result<Time, Trouble> {
        self.ask(&get("/auth/time".into()), values::time)
    }

    /// A consumer key with these rights, and the link that its user opens.
    ///
    /// # Errors
    /// As above.
    pub fn request_key(&mut self, rights: &[Right]) -> Result<NewKey, Trouble> {
        let mut call = Call::new(Method::Post, "/auth/credential".into());
        call.body = values::key_request(rights);
        self.ask(&call, values::object)
    }

    /// Where the key in use stands; one that is not validated yet may not even ask.
    ///
    /// # Errors
    /// As above.
    pub fn key_state(&mut self) -> Result<KeyState, Trouble> {
        match self.ask(&get("/auth/currentCredential".into()), values::object) {
            Err(trouble) if is_pending(&trouble) => Ok(KeyState::PendingValidation),
            other => other,
        }
    }

    /// The zones of the account.
    ///
    /// # Errors
    /// As above.
    pub fn zones(&mut self) -> Result<Vec<String>, Trouble> {
        self.ask(&get("/domain/zone".into()), values::names)
    }

    /// One zone.
    ///
    /// # Errors
    /// As above.
    pub fn zone(&mut self, zone: &str) -> Result<Zone, Trouble> {
        self.ask(&get(path(zone, "")), values::object)
    }

    /// Makes edits visible.
    ///
    /// # Errors
    /// As above.
    pub fn refresh(&mut self, zone: &str) -> Result<(), Trouble> {
        self.ask(&Call::new(Method::Post, path(zone, "/refresh")), values::done)
    }

    /// The `DynHost` records, those of the very sub-domain if one is given.
    ///
    /// # Errors
    /// As above.
    pub fn records(
        &mut self,
        zone: &str,
        sub_domain: Option<&str>,
    ) -> Result<Vec<Record>, Trouble> {
        let mut records: Vec<Record> = self.items(zone, "/dynHost/record", sub_domain)?;
        records.retain(|record| sub_domain.is_none_or(|own| own == record.sub_domain));
        Ok(records)
    }

    /// Creates a `DynHost` record.
    ///
    /// # Errors
    /// As above.
    pub fn add_record(
        &mut self,
        zone: &str,
        sub_domain: &str,
        address: IpAddr,
    ) -> Result<Record, Trouble> {
        let call = Call::new(Method::Post, path(zone, "/dynHost/record"));
        let call = call.with(&[("ip", &address.to_string()), ("subDomain", sub_domain)]);
        self.ask(&call, values::object)
    }

    /// Points a `DynHost` record at an address of its family.
    ///
    /// # Errors
    /// As above.
    pub fn set_record(
        &mut self,
        zone: &str,
        record: &Record,
        address: IpAddr,
    ) -> Result<(), Trouble> {
        let call = Call::new(Method::Put, path(zone, &format!("/dynHost/record/{}", record.id)));
        let call = call.with(&[("ip", &address.to_string()), ("subDomain", &record.sub_domain)]);
        self.ask(&call, values::done)
    }

    /// Deletes a `DynHost` record.
    ///
    /// # Errors
    /// As above.
    pub fn remove_record(&mut self, zone: &str, id: u64) -> Result<(), Trouble> {
        let path = path(zone, &format!("/dynHost/record/{id}"));
        self.ask(&Call::new(Method::Delete, path), values::done)
    }

    /// All records with a name like this, `DynHost` records among them.
    ///
    /// # Errors
    /// As above.
    pub fn plain_records(
        &mut self,
        zone: &str,
        sub_domain: &str,
    ) -> Result<Vec<PlainRecord>, Trouble> {
        let mut records: Vec<PlainRecord> = Vec::new();
        for kind in ["A", "AAAA", "CNAME"] {
            let list = format!("/record?fieldType={kind}");
            records.extend(self.items(zone, &list, Some(sub_domain))?);
        }
        records.retain(|record: &PlainRecord| record.sub_domain == sub_domain);
        Ok(records)
    }

    /// Deletes a plain record.
    ///
    /// # Errors
    /// As above.
    pub fn remove_plain(&mut self, zone: &str, id: u64) -> Result<(), Trouble> {
        self.ask(&Call::new(Method::Delete, path(zone, &format!("/record/{id}"))), values::done)
    }

    /// A list of numbers, and what is behind each.
    fn items<T: values::Object>(
        &mut self,
        zone: &str,
        list: &str,
        like: Option<&str>,
    ) -> Result<Vec<T>, Trouble> {
        let call = get(filtered(&path(zone, list), like));
        let response = self.exchange.exchange(&call)?;
        let ids = values::ids(&call, &response)?;
        if ids.len() > MAX_ITEMS {
            return Err(Trouble::of(&call, &response, Kind::TooLong));
        }
        let list = list.split('?').next().unwrap_or_default();
        let mut items = Vec::new();
        for id in ids {
            match self.ask(&get(path(zone, &format!("{list}/{id}"))), values::object) {
                // Deleted since it was listed.
                Err(trouble) if trouble.kind() == Some(Kind::NoObject) => {}
                other => items.push(other?),
            }
        }
        Ok(items)
    }

    fn ask<T>(
        &mut self,
        call: &Call,
        read: impl Fn(&Call, &Response) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let response = self.exchange.exchange(call)?;
        read(call, &response)
    }
}

/// Before the link is opened the API says either; both may also mean a wrong secret.
fn is_pending(trouble: &Trouble) -> bool {
    matches!(trouble.kind(), Some(Kind::KeyNotValid | Kind::Signature))
}
