//! What the provider answers when nothing is wrong with it: protocol in, record table changed.

use std::net::IpAddr;
use std::sync::Mutex;

use super::options::Identifier;
use super::records::{Change, Records};
use super::reply::Reply;
use super::request::Request;
use super::shared::locked;

/// Whom the provider knows, and which of its back ends speaks.
#[derive(Debug)]
pub struct Provider {
    /// Who may update what; the API changes it.
    pub identifiers: Mutex<Vec<Identifier>>,
    /// As in `LabOptions`.
    pub badsys_as_json: bool,
}

impl Provider {
    /// Answers one request, changing the record it concerns.
    pub fn answer(&self, request: &Request, records: &mut Records) -> Reply {
        match self.update_asked_for(request) {
            Ok(update) => apply(&update, records),
            Err(reply) => reply,
        }
    }

    fn update_asked_for(&self, request: &Request) -> Result<Update, Reply> {
        if request.path() != "/nic/update" {
            return Err(Reply::html(404, "<html><body>Not Found</body></html>"));
        }
        if request.method != "GET" {
            return Err(Reply::text(200, "badsys"));
        }
        let identifier = self.identify(request).ok_or_else(unauthorized)?;
        if request.parameter("system").as_deref() != Some("dyndns") {
            return Err(self.wrong_system());
        }
        let hostname = single(request, "hostname")?.to_lowercase();
        let address = single(request, "myip")?;
        if !identifier.may_update(&hostname) {
            return Err(unauthorized());
        }
        let address =
            address.parse().map_err(|_| Reply::bad_request("{'myip': ['Invalid ip']}"))?;
        Ok(Update { hostname, address })
    }

    fn identify(&self, request: &Request) -> Option<Identifier> {
        let (login, password) = request.credentials()?;
        let identifiers = locked(&self.identifiers);
        let fits = |known: &&Identifier| known.login == login && known.password == password;
        identifiers.iter().find(fits).cloned()
    }

    fn wrong_system(&self) -> Reply {
        if self.badsys_as_json {
            return Reply::bad_request("{'system': ['Missing data for required field.']}");
        }
        Reply::text(200, "badsys")
    }
}

/// What a wrong login or password gets.
pub fn unauthorized() -> Reply {
    Reply::text(401, "Authentication failed")
        .with_header("WWW-Authenticate", "Basic realm=\"DynHost\"")
}

struct Update {
    hostname: String,
    address: IpAddr,
}

fn apply(update: &Update, records: &mut Records) -> Reply {
    match records.update(&update.hostname, update.address) {
        Change::Missing => Reply::text(200, "nohost"),
        Change::None => Reply::text(200, format!("nochg {}", update.address)),
        Change::Stored => Reply::text(200, format!("good {}", update.address)),
    }
}

/// A parameter that must be there and may not be a list.
fn single(request: &Request, name: &str) -> Result<String, Reply> {
    match request.parameter(name) {
        None => {
            let message = format!("{{'{name}': ['Missing data for required field.']}}");
            Err(Reply::bad_request(&message))
        }
        Some(list) if list.contains(',') => {
            Err(Reply::bad_request(&format!("{{'{name}': ['Invalid value']}}")))
        }
        Some(value) => Ok(value),
    }
}
