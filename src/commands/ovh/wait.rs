//! Waits until every server that holds the zone shows what was published.

use std::net::IpAddr;
use std::time::Duration;

use crate::address::Family;
use crate::dns::authority::{Report, Servers};
use crate::error::{EXIT_RETRY, Error};
use crate::io::authoritative;
use crate::io::clock;
use crate::io::dns::Names;
use crate::io::terminal::Progress;

/// How often the servers are asked.
const INTERVAL: Duration = Duration::from_secs(3);

/// What is waited for.
pub(super) struct Shown<'a> {
    pub(super) servers: &'a Servers,
    pub(super) hostname: &'a str,
    /// One of each family.
    pub(super) addresses: &'a [IpAddr],
}

/// Asks them again and again; the error says who lags, and that it may take longer.
pub(super) fn wait(shown: &Shown<'_>, limit: Duration) -> Result<(), Error> {
    let begun = clock::since_boot();
    let mut progress = Progress::new();
    loop {
        let Some(late) = lagging(shown) else { return Ok(()) };
        let waited = clock::since_boot().saturating_sub(begun);
        let left = limit.saturating_sub(waited);
        let says = format!("{} {}", late.server, late.told);
        if left.is_zero() {
            drop(progress);
            return Err(late_error(shown, &says));
        }
        progress.show(format_args!("waiting for the DNS for {} s: {says}", waited.as_secs()));
        clock::sleep(INTERVAL.min(left));
    }
}

/// The first server that does not show all addresses.
fn lagging(shown: &Shown<'_>) -> Option<Report> {
    let names = Names::default();
    shown.addresses.iter().find_map(|address| {
        let family = Family::of(*address);
        let reports = authoritative::ask(shown.servers, shown.hostname, family, &names);
        reports.into_iter().find(|report| !report.agrees(*address))
    })
}

fn late_error(shown: &Shown<'_>, says: &str) -> Error {
    let wanted: Vec<String> = shown.addresses.iter().map(IpAddr::to_string).collect();
    let text = format!(
        "{says}, wanted is {}: all else is done, and the DNS may take longer, up to a day; look \
         again with dynhost ovh setup",
        wanted.join(" and ")
    );
    Error::Refused { text, exit: EXIT_RETRY }
}
