//! Asks the servers of zones what they have, in a thread: nobody waits for what they say.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::authoritative::{self, Zones};
use super::background::{Reports, start};
use super::clock::since_boot;
use super::dns::Names;
use crate::address::Family;
use crate::dns::authority::{self, Seen};

/// All records of one round; those behind it are told nothing of.
const ROUND: Duration = Duration::from_mins(2);

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted<K> {
    /// Which record.
    pub(crate) key: K,
    /// Its name.
    pub(crate) hostname: String,
    /// The address that it should have.
    pub(crate) address: IpAddr,
    /// How its zone is looked up; nobody is asked if `None`.
    pub(crate) names: Option<Names>,
}

/// How soon a round is tried again that could not begin.
const PUT_OFF: Duration = Duration::from_mins(1);

/// Rounds of questions, one at a time.
#[derive(Debug)]
pub(crate) struct Rounds<K> {
    reports: Reports<Vec<(K, IpAddr, Seen)>>,
    is_under_way: bool,
    /// In time since boot.
    put_off_until: Duration,
}

impl<K: Clone + Send + 'static> Rounds<K> {
    /// Nobody is asked yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn new() -> io::Result<Self> {
        let put_off_until = Duration::ZERO;
        Ok(Self { reports: Reports::new()?, is_under_way: false, put_off_until })
    }

    /// Whether the last round is not over.
    pub(crate) fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// Before this time since boot no round can begin.
    pub(crate) fn put_off_until(&self) -> Duration {
        self.put_off_until
    }

    /// Begins a round, or puts it off where there is no thread to ask from.
    pub(crate) fn start(&mut self, wanted: Vec<Wanted<K>>) {
        let reporter = self.reports.reporter();
        self.is_under_way = start(Box::new(move || reporter.send(ask(&wanted)))).is_ok();
        if !self.is_under_way {
            self.put_off_until = since_boot().saturating_add(PUT_OFF);
        }
    }

    /// What the round came to, if it is over.
    pub(crate) fn take(&mut self) -> Vec<(K, IpAddr, Seen)> {
        let rounds = self.reports.take();
        self.is_under_way &= rounds.is_empty();
        rounds.into_iter().flatten().collect()
    }
}

impl<K> AsFd for Rounds<K> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }
}

fn ask<K: Clone>(wanted: &[Wanted<K>]) -> Vec<(K, IpAddr, Seen)> {
    let end = since_boot().saturating_add(ROUND);
    let mut zones = Zones::default();
    let mut reports = |hostname: &str, address: IpAddr, names: &Names| {
        let (_, servers) = zones.of(hostname, names).ok().flatten()?;
        Some(authoritative::ask(&servers, hostname, Family::of(address), names))
    };
    let one = |Wanted { key, hostname, address, names }: &Wanted<K>| {
        let names = names.as_ref().filter(|_| since_boot() < end);
        let reports = names.and_then(|names| reports(hostname, *address, names));
        (key.clone(), *address, authority::seen(&reports.unwrap_or_default(), *address))
    };
    wanted.iter().map(one).collect()
}
