//! Identifiers: `/dynHost/login`.

use super::super::call::{Call, Method};
use super::super::error::Trouble;
use super::super::values::{self, Login};
use super::Api;
use super::path::{filtered, get, login_path, path};
use crate::config::Secret;

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

impl Api<'_> {
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
}
