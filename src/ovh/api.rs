//! The calls of the API that the commands need, each from its values to its value.

use std::net::IpAddr;

use super::call::{Call, Method, encoded};
use super::error::{Kind, Trouble};
use super::rights::Right;
use super::values::{self, KeyState, Login, NewKey, PlainRecord, Record, Response, Zone};
use crate::Time;
use crate::config::Secret;

/// More records or logins than this are not looked at one by one.
pub const MAX_ITEMS: usize = 64;

/// Sends one call, signed, at most 60 a minute, and brings its answer back.
///
/// The caller has the clock, the keys and the line. `/auth/time`, `/auth/credential` and the token
/// endpoint take no signature ([`needs_signature`]).
pub trait Exchange {
    /// The answer, whatever its status.
    ///
    /// # Errors
    /// [`Trouble::Failed`] if there is none.
    fn exchange(&mut self, call: &Call) -> Result<Response, Trouble>;
}

/// Whether the call is signed, or carries a token.
#[must_use]
pub fn needs_signature(call: &Call) -> bool {
    !matches!(call.path.as_str(), "/auth/time" | "/auth/credential")
}

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

    /// The names of the logins, those for a sub-domain like this if one is given.
    ///
    /// # Errors
    /// As above.
    pub fn login_names(&mut self, zone: &str, like: Option<&str>) -> Result<Vec<String>, Trouble> {
        self.ask(&get(filtered(&path(zone, "/dynHost/login"), like)), values::names)
    }

    /// One login.
    ///
    /// # Errors
    /// As above.
    pub fn login(&mut self, zone: &str, login: &str) -> Result<Login, Trouble> {
        self.ask(&get(login_path(zone, login)), values::object)
    }

    /// Creates a login.
    ///
    /// # Errors
    /// As above.
    pub fn add_login(&mut self, zone: &str, new: &NewLogin<'_>) -> Result<Login, Trouble> {
        let values = [
            ("loginSuffix", new.suffix),
            ("password", new.password.reveal()),
            ("subDomain", new.sub_domain),
        ];
        let call = Call::new(Method::Post, path(zone, "/dynHost/login")).with(&values).secret();
        self.ask(&call, values::object)
    }

    /// Gives a login a password.
    ///
    /// # Errors
    /// As above.
    pub fn set_password(
        &mut self,
        zone: &str,
        login: &str,
        password: &Secret,
    ) -> Result<(), Trouble> {
        let path = format!("{}/changePassword", login_path(zone, login));
        let call = Call::new(Method::Post, path).with(&[("password", password.reveal())]).secret();
        self.ask(&call, values::done)
    }

    /// Deletes a login.
    ///
    /// # Errors
    /// As above.
    pub fn remove_login(&mut self, zone: &str, login: &str) -> Result<(), Trouble> {
        self.ask(&Call::new(Method::Delete, login_path(zone, login)), values::done)
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

/// A login to be created.
#[derive(Clone, Debug)]
pub struct NewLogin<'a> {
    /// What follows `<zone>-`.
    pub suffix: &'a str,
    /// Its password.
    pub password: &'a Secret,
    /// Empty for the apex, `*` for all.
    pub sub_domain: &'a str,
}

/// Before the link is opened the API says either; both may also mean a wrong secret.
fn is_pending(trouble: &Trouble) -> bool {
    matches!(trouble.kind(), Some(Kind::KeyNotValid | Kind::Signature))
}

fn get(path: String) -> Call {
    Call::new(Method::Get, path)
}

fn path(zone: &str, rest: &str) -> String {
    format!("/domain/zone/{}{rest}", encoded(zone))
}

fn login_path(zone: &str, login: &str) -> String {
    path(zone, &format!("/dynHost/login/{}", encoded(login)))
}

/// The filter for the apex would be an empty one, which filters nothing.
fn filtered(list: &str, like: Option<&str>) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    match like {
        Some(name) if !name.is_empty() => format!("{list}{separator}subDomain={}", encoded(name)),
        _ => list.to_owned(),
    }
}
