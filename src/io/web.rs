//! Asks sites which address they see.

use std::net::IpAddr;
use std::time::Duration;

use super::clock;
use super::dns::Names;
use super::http::{Fetch, Route};
use super::question::Sites;
use crate::address::web::Refusal;
use crate::address::web::answer::{self, ANSWER_MAX};
use crate::address::{Family, NoAnswer};
use crate::config::masked;

/// All of them: each has an equal share of what is left, so that one which hangs leaves time for
/// those behind it.
const ALL: Duration = Duration::from_secs(10);

/// The address that these sites see.
///
/// # Errors
/// Why they name none, or that two of them disagree.
pub(super) fn ask(sites: &Sites) -> Result<IpAddr, NoAnswer> {
    let end = clock::since_boot().saturating_add(ALL);
    let count = sites.web.sites.len();
    let seen = sites.web.sites.iter().enumerate().map(|(asked, site)| {
        // Everybody may read a reason, and some sites want a key.
        let name = masked(site.reveal());
        let left = end.saturating_sub(clock::since_boot());
        let share = left / u32::try_from(count - asked).unwrap_or(1);
        (name.clone(), seen_by(sites, site.reveal(), (&name, share)))
    });
    let agreed = answer::agreed(seen);
    agreed.unwrap_or_else(|| Err(no_site(sites.family))).map_err(NoAnswer::Web)
}

fn seen_by(sites: &Sites, site: &str, (name, time): (&str, Duration)) -> Result<IpAddr, Refusal> {
    let route = Route {
        origin: String::new(),
        ca_file: sites.web.ca_file.clone(),
        names: Names { family: Some(sites.family), ..sites.names.clone() },
        tls: site.starts_with("https:"),
    };
    let fetch = Fetch { url: site, time, max: ANSWER_MAX };
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
