//! Asks sites which address they see.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::background::{Reports, start};
use super::clock;
use super::dns::Names;
use super::http::{Fetch, Route};
use super::poll::{input, poll};
use super::question::Sites;
use crate::address::web::answer::{self, ANSWER_MAX};
use crate::address::web::{ABOUT, Refusal};
use crate::address::{Family, NoAnswer};
use crate::config::masked;

/// One site, from look-up to last byte; all are asked at the same time.
const CALL: Duration = Duration::from_secs(10);
/// What the threads may be late by.
const SLACK: Duration = Duration::from_secs(1);

/// The address that these sites see.
///
/// # Errors
/// Why they name none, or that two of them disagree.
pub(super) fn ask(sites: &Sites) -> Result<IpAddr, NoAnswer> {
    // Everybody may read a reason, and some sites want a key.
    let names: Vec<String> = sites.web.sites.iter().map(|site| masked(site.reveal())).collect();
    let seen = if let [name] = names.as_slice() {
        vec![(name.clone(), seen_by(sites, 0, name))]
    } else {
        seen_by_all(sites, &names)?
    };
    let agreed = answer::agreed(seen);
    agreed.unwrap_or_else(|| Err(no_site(sites.family))).map_err(NoAnswer::Web)
}

type Seen = (String, Result<IpAddr, Refusal>);

/// What each of them sees, in their order. Each has a thread, so that one that hangs keeps no other
/// waiting.
fn seen_by_all(sites: &Sites, names: &[String]) -> Result<Vec<Seen>, NoAnswer> {
    let unasked =
        |error: io::Error| NoAnswer::Unasked { source: ABOUT.token, why: error.to_string() };
    let reports = Reports::new().map_err(unasked)?;
    for (place, name) in names.iter().enumerate() {
        let (sites, name, reporter) = (sites.clone(), name.clone(), reports.reporter());
        let work = move || reporter.send((place, seen_by(&sites, place, &name)));
        start(Box::new(work)).map_err(unasked)?;
    }
    let late = |site: &String| Refusal::Failed { site: site.clone(), why: "it is silent".into() };
    let mut seen: Vec<Seen> = names.iter().map(|name| (name.clone(), Err(late(name)))).collect();
    let end = clock::since_boot().saturating_add(CALL + SLACK);
    let mut missing = names.len();
    while missing > 0 && clock::since_boot() < end {
        let left = end.saturating_sub(clock::since_boot());
        let _ = poll(&mut [input(&reports)], Some(left));
        for (place, answer) in reports.take() {
            seen[place].1 = answer;
            missing -= 1;
        }
    }
    Ok(seen)
}

fn seen_by(sites: &Sites, place: usize, name: &str) -> Result<IpAddr, Refusal> {
    let site = sites.web.sites[place].reveal();
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
