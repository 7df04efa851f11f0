//! Asks netifd where the lines of logical interfaces are, over one connection.
//!
//! It is asked in a thread (`slow.rs`), as ubusd may keep silent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::background::locked;
use super::{clock, ubus};
use crate::address::{Family, NoInterface};
use crate::config::{Host, Interfaces};
use crate::ubus::{InterfaceName, InterfaceStatus, Lines, Unresolved, resolve};

/// How long a ubusd that kept silent is left alone: waiting for it takes time from every look.
const SILENCE: Duration = Duration::from_mins(1);

/// What netifd says about one interface and family.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) name: InterfaceName,
    pub(crate) family: Family,
    pub(crate) lines: Result<Lines, NoInterface>,
}

/// Until when ubusd is not waited for again, in time since boot.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence(Arc<Mutex<Option<Duration>>>);

impl Silence {
    fn lasts(&self) -> bool {
        locked(&self.0).is_some_and(|until| clock::since_boot() < until)
    }

    fn begin(&self) {
        *locked(&self.0) = Some(clock::since_boot() + SILENCE);
    }
}

/// Of which families a host's interfaces are asked about: the way out is one of IPv4, whatever the
/// records are.
pub(super) fn families(host: &Host) -> Vec<Family> {
    let way_out = (!host.families.contains(&Family::Ipv4)).then_some(Family::Ipv4);
    host.families.iter().copied().chain(way_out).collect()
}

/// The devices, addresses and prefixes of these interfaces and their siblings; all waiting together
/// ends after `limit`.
pub(super) fn ask(
    (names, families): (&Interfaces, &[Family]),
    limit: Duration,
    silence: &Silence,
) -> Vec<Known> {
    let failed = silence.lasts().then(|| ubus::Failure::Timeout.to_string());
    let mut link = Link { client: None, limit, failed, silence };
    let mut known = Vec::new();
    for name in names {
        // `wan6` may leave by the device of `wan`.
        let sibling = name.strip_suffix('6').map(|name| name.strip_suffix('_').unwrap_or(name));
        let own = families.iter().map(|family| (name.as_str(), *family));
        for (name, family) in own.chain(sibling.map(|name| (name, Family::Ipv4))) {
            if let Ok(known_as) = InterfaceName::try_from(name) {
                known.push(Known { name: known_as, family, lines: link.lines(name, family) });
            }
        }
    }
    known
}

struct Link<'s> {
    client: Option<ubus::Client>,
    limit: Duration,
    /// The same for every further question: it is not tried again.
    failed: Option<String>,
    silence: &'s Silence,
}

impl Link<'_> {
    fn lines(&mut self, name: &str, family: Family) -> Result<Lines, NoInterface> {
        let lines = resolve(name, family, &mut |interface| self.status(interface));
        lines.map_err(|unresolved| match unresolved {
            Unresolved::Unknown(name) => NoInterface::Unknown(name),
            Unresolved::Down(name) => NoInterface::Down(name),
            Unresolved::Pending(name) => NoInterface::Pending(name),
            Unresolved::Ask(why) => NoInterface::NoUbus { interface: name.into(), why },
        })
    }

    fn status(&mut self, name: &str) -> Result<Option<InterfaceStatus>, String> {
        if let Some(why) = &self.failed {
            return Err(why.clone());
        }
        self.asked(name).map_err(|failure| {
            self.client = None;
            let why = failure.to_string();
            // One that answers has more to say about another interface.
            if !matches!(failure, ubus::Failure::Status(_) | ubus::Failure::Malformed(_)) {
                self.failed = Some(why.clone());
            }
            if matches!(failure, ubus::Failure::Timeout) {
                self.silence.begin();
            }
            why
        })
    }

    fn asked(&mut self, name: &str) -> Result<Option<InterfaceStatus>, ubus::Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => ubus::Client::open(self.limit)?,
        };
        self.client.insert(client).interface(name)
    }
}
