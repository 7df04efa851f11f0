//! Asks sites which address they see.

use std::net::IpAddr;
use std::time::Duration;

use super::dns::Names;
use super::http::{Fetch, Route};
use super::question::Sites;
use crate::address::web::Refusal;
use crate::address::web::answer::{self, ANSWER_MAX};
use crate::address::{Family, NoAnswer};
use crate::config::masked;

/// One site, from look-up to last byte.
const CALL: Duration = Duration::from_secs(10);

/// The address that these sites see.
///
/// # Errors
/// Why they name none, or that two of them disagree.
pub(super) fn ask(sites: &Sites) -> Result<IpAddr, NoAnswer> {
    let seen = sites.web.sites.iter().map(|site| {
        // Everybody may read a reason, and some sites want a key.
        let name = masked(site.reveal());
        (name.clone(), seen_by(sites, site.reveal(), &name))
    });
    let agreed = answer::agreed(seen);
    agreed.unwrap_or_else(|| Err(no_site(sites.family))).map_err(NoAnswer::Web)
}

fn seen_by(sites: &Sites, site: &str, name: &str) -> Result<IpAddr, Refusal> {
    let route = Route {
        origin: String::new(),
        ca_file: sites.web.ca_file.clone(),
        names: Names { family: Some(sites.family), ..sites.names.clone() },
        tls: site.starts_with("https:"),
    };
    let fetch = Fetch { url: site, time: CALL, max: ANSWER_MAX };
    match fetch.get(&route) {
        Ok((status, body)) => answer::read(name, (status, &body), sites.family),
        Err(failure) => {
            // The sentences are about the provider of updates.
            let why = failure.to_string().replace("the provider's", "its");
            Err(Refusal::Failed { site: name.to_owned(), why: why.replace("the provider", "it") })
        }
    }
}

/// The configuration lets nobody ask without one.
fn no_site(family: Family) -> Refusal {
    Refusal::NoAddress { site: "nobody".into(), family }
}
