//! Asks the servers that hold a zone: who they are, by the resolver, then each of them directly.

use std::net::SocketAddr;
use std::time::Duration;

use super::ask::{PORT, Way, exchange, random, reach};
use super::clock::since_boot;
use super::dns::Names;
use crate::address::Family;
use crate::dns::authority::{self, Delegation, Report, Servers, Told};
use crate::dns::{Name, Question, Subject};
use crate::provider::failure::Failure;

/// Finding the servers of a zone.
const FIND: Duration = Duration::from_secs(5);
/// All that is asked of one server, at all of its addresses.
const ONE_SERVER: Duration = Duration::from_secs(5);
/// Addresses of one server that are tried; more than one of each family is rare.
const MAX_TRIES: usize = 2;
/// Labels taken off a name in search of its zone.
const MAX_LABELS: usize = 16;

/// The name servers of a zone, as the DNS names them; `None` if there is no such zone.
///
/// # Errors
/// The DNS could not be asked.
pub fn servers_of(zone: &str, names: &Names) -> Result<Option<Servers>, Failure> {
    let end = since_boot().saturating_add(FIND);
    let mut failure = Failure::Resolve;
    let conf = names.conf();
    for _ in 0..conf.rounds {
        for server in &conf.servers {
            let question = Question::about(zone, Subject::Servers, random()?);
            let question = question.ok_or(Failure::NoSuchName)?;
            let device = names.device.as_ref();
            let Ok((server, _)) = reach(server, device) else { continue };
            let way = Way { server, device, over_tcp: conf.over_tcp, cancel: None };
            let Some(message) = exchange(&way, &question, end) else { continue };
            match authority::judge_servers(&question, &message) {
                Some(Delegation::Servers(servers)) => return Ok(Some(servers)),
                Some(Delegation::NoZone) => return Ok(None),
                _ => failure = Failure::DnsRefused,
            }
        }
    }
    Err(failure)
}

/// What is known of zones already, so that each is asked about once.
#[derive(Debug, Default)]
pub struct Zones(Vec<(Name, Names, Delegated)>);

/// The servers of a zone, if there is one of that name.
type Delegated = Result<Option<Servers>, Failure>;

impl Zones {
    /// The zone that a name lies in, with its servers: the name itself, or what is above it.
    ///
    /// # Errors
    /// The DNS could not be asked.
    pub fn of(
        &mut self,
        hostname: &str,
        names: &Names,
    ) -> Result<Option<(Name, Servers)>, Failure> {
        let mut name = hostname.trim_end_matches('.');
        for _ in 0..MAX_LABELS {
            // A name without a dot is a registry's, not a customer's.
            let Some((_, above)) = name.split_once('.') else { break };
            let zone = Name::try_from(name).map_err(|_| Failure::NoSuchName)?;
            if let Some(servers) = self.servers(&zone, names)? {
                return Ok(Some((zone, servers)));
            }
            name = above;
        }
        Ok(None)
    }

    fn servers(&mut self, zone: &Name, names: &Names) -> Delegated {
        let by = |(_, other, _): &&(Name, Names, Delegated)| other == names;
        let mut known = self.0.iter().filter(by);
        // A resolver that is silent about one name is so about all, and takes seconds for each.
        let is_answer = |(name, _, said): &&(Name, Names, Delegated)| {
            name == zone || *said == Err(Failure::Resolve)
        };
        if let Some((_, _, said)) = known.find(is_answer) {
            return said.clone();
        }
        let said = servers_of(zone, names);
        self.0.push((zone.clone(), names.clone(), said.clone()));
        said
    }
}

/// What each server says of a name's addresses, in their order.
#[must_use]
pub fn ask(servers: &[Name], hostname: &str, family: Family, names: &Names) -> Vec<Report> {
    let one = |server: &Name| ask_one(server, (hostname, family), names);
    servers.iter().map(one).collect()
}

fn ask_one(server: &Name, (hostname, family): (&str, Family), names: &Names) -> Report {
    let mut report = Report { server: server.clone(), address: None, told: Told::Nowhere };
    let end = since_boot().saturating_add(ONE_SERVER);
    let Ok(addresses) = names.addresses(server, ONE_SERVER) else { return report };
    // One of each family: where the first is of a family that this line lacks, the other may do.
    let first = addresses.first().copied();
    let other =
        addresses.iter().find(|ip| first.is_some_and(|first| first.is_ipv4() != ip.is_ipv4()));
    for address in first.into_iter().chain(other.copied()).take(MAX_TRIES) {
        let Some(question) = question(hostname, family) else { return report };
        (report.address, report.told) = (Some(address), Told::Silent);
        let server = SocketAddr::new(address, PORT);
        let way = Way { server, device: names.device.as_ref(), over_tcp: false, cancel: None };
        if let Some(message) = exchange(&way, &question, end) {
            report.told = authority::judge(&question, &message).unwrap_or(Told::Refusal);
            return report;
        }
    }
    report
}

fn question(hostname: &str, family: Family) -> Option<Question> {
    Question::to_authority(hostname, Subject::Addresses(family), random().ok()?)
}
