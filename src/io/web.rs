//! Asks sites which address they see.

use std::net::IpAddr;
use std::time::Duration;

use super::http::{Fetch, Route};
use super::question::Sites;
use crate::address::web::Refusal;
use crate::address::web::answer::{self, ANSWER_MAX};
use crate::address::{Family, NoAnswer};

/// One site, from look-up to last byte.
const CALL: Duration = Duration::from_secs(10);

/// The address that these sites see.
///
/// # Errors
/// Why they name none, or that two of them disagree.
pub(super) fn ask(sites: &Sites) -> Result<IpAddr, NoAnswer> {
    let seen = sites.web.sites.iter().map(|site| (site.clone(), seen_by(sites, site)));
    let agreed = answer::agreed(seen);
    agreed.unwrap_or_else(|| Err(no_site(sites.family))).map_err(NoAnswer::Web)
}

fn seen_by(sites: &Sites, site: &str) -> Result<IpAddr, Refusal> {
    let route = Route {
        origin: String::new(),
        ca_file: sites.web.ca_file.clone(),
        device: sites.device.clone(),
        dns: sites.dns.clone(),
        family: Some(sites.family),
        tls: site.starts_with("https:"),
    };
    let fetch = Fetch { url: site, time: CALL, max: ANSWER_MAX };
    match fetch.get(&route) {
        Ok((status, body)) => answer::read(site, (status, &body), sites.family),
        Err(failure) => Err(Refusal::Failed { site: site.to_owned(), failure: Box::new(failure) }),
    }
}

/// The configuration lets nobody ask without one.
fn no_site(family: Family) -> Refusal {
    Refusal::NoAddress { site: "nobody".into(), family }
}
