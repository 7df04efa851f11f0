//! What concerns the hosts: their addresses, the way to their providers, and what the DNS says.

use std::net::IpAddr;

use super::records::{record_of, records};
use super::{Error, Said, provider, way, zone};
use crate::address::{Family, Found, NoAddress};
use crate::config::{Addresses, Host, Source, Uplink};
use crate::doctor::{Finding, Topic, Trouble, nat};
use crate::pass::examine::Examiner;
use crate::provider::request;
use crate::state::{Record, State};

/// Looks at these hosts; `state` has what was published.
pub(super) fn look_at(said: &mut Said, hosts: &[&Host], state: &State) -> Result<(), Error> {
    let mut examiner = match Examiner::open() {
        Ok(examiner) => Some(examiner),
        Err(error) => {
            said.trouble(Trouble::KernelSilent, error.to_string())?;
            None
        }
    };
    let mut found = Vec::new();
    if let Some(examiner) = &mut examiner {
        for (host, family) in records(hosts) {
            let record = record_of(state, host, family);
            let address = Looked { said, examiner, host, family }.addresses(&record)?;
            found.push((host.name.clone(), family, address));
        }
        route(said, examiner, hosts)?;
    }
    let routes = way::routes(said, examiner.as_mut(), hosts)?;
    provider::look_up(said, &routes)?;
    provider::connect(said, &routes)?;
    for (host, family) in records(hosts) {
        let is_it = |of: &&(_, _, _)| of.0 == host.name && of.1 == family;
        let address = found.iter().find(is_it).and_then(|(_, _, address)| *address);
        would_send(said, host, family, address)?;
    }
    zone::look_at(said, examiner.as_mut(), hosts, state)
}

/// What a source says.
type Answer = Result<Found, NoAddress>;

fn is_of(answer: &Answer, found: &Found) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.address == found.address)
}

/// One record that is looked at.
struct Looked<'l> {
    said: &'l mut Said,
    examiner: &'l mut Examiner,
    host: &'l Host,
    family: Family,
}

impl Looked<'_> {
    /// Every candidate of the kernel's, what each source says, and what follows.
    fn addresses(&mut self, record: &Record) -> Result<Option<IpAddr>, Error> {
        let answers = self.examiner.sources(self.host, record);
        let first = answers.iter().find_map(|(_, answer)| answer.as_ref().ok()).cloned();
        let is_kernel = |source: &Source| matches!(source, Source::Interface | Source::Auto);
        if self.host.sources.iter().any(is_kernel) {
            self.candidates(&answers)?;
        }
        let Some(first) = first else {
            self.none(answers.into_iter().filter_map(|(_, answer)| answer.err()).collect())?;
            return Ok(None);
        };
        for (source, answer) in &answers {
            self.other(*source, answer, &first)?;
        }
        self.chosen(&first)?;
        Ok(Some(first.address))
    }

    /// What the kernel has beside what the sources came to.
    fn candidates(&mut self, answers: &[(Source, Answer)]) -> Result<(), Error> {
        let (host, family) = (self.host, self.family);
        let verdicts = self.examiner.kernel().map(|kernel| kernel.examine(host, family));
        let has_address = answers.iter().any(|(_, answer)| answer.is_ok());
        for verdict in verdicts.unwrap_or_default() {
            match verdict {
                Ok(found) if answers.iter().any(|(_, answer)| is_of(answer, &found)) => {}
                Ok(Found { address, device, .. }) => {
                    let device = device.map(|device| format!(" on {device}")).unwrap_or_default();
                    let text = format!("{family} {address}{device} would do as well");
                    self.ok(Topic::Interface, text)?;
                }
                // Without any address this is the fault itself, or a part of it.
                Err(reason)
                    if !has_address
                        && answers.contains(&(Source::Interface, Err(reason.clone()))) => {}
                Err(reason) => self.trouble(Trouble::Unfit, format!("{family} {reason}"))?,
            }
        }
        Ok(())
    }

    /// What a source says that was not needed, or did not help.
    fn other(&mut self, source: Source, answer: &Answer, first: &Found) -> Result<(), Error> {
        let said = format!("{} source {}", self.family, source.token());
        match answer {
            Ok(found) if found == first => Ok(()),
            Ok(found) => self.ok(Topic::Interface, format!("{said} has {}", found.address)),
            // What the kernel refuses was told one by one.
            Err(_) if source == Source::Interface => Ok(()),
            Err(reason) => self.trouble(Trouble::OtherSource, format!("{said}: {reason}")),
        }
    }

    fn chosen(&mut self, Found { address, device, source }: &Found) -> Result<(), Error> {
        let place = match device {
            Some(device) => format!(" on {device}"),
            None => String::new(),
        };
        let family = self.family;
        self.ok(
            Topic::Interface,
            format!("{family} the address is {address}{place}, by source {source}"),
        )?;
        let shared =
            self.examiner.kernel().and_then(|kernel| kernel.shared(self.host, Some(*address)));
        match shared {
            Some(shared) => self.trouble(Trouble::SharedPorts, shared.to_string()),
            None => self.ok(
                Topic::Nat,
                format!(
                    "{family} {address} can be reached from everywhere, as far as its range tells"
                ),
            ),
        }
    }

    fn none(&mut self, reasons: Vec<NoAddress>) -> Result<(), Error> {
        let reason = NoAddress::each_of(reasons).unwrap_or(NoAddress::NoDefaultRoute(self.family));
        let text = format!("{} {reason}", self.family);
        self.trouble(Trouble::NoAddress, text)?;
        match nat::trouble(&reason) {
            Some(trouble) => {
                self.trouble(trouble, format!("{} {}", self.family, trouble.meaning()))
            }
            None => Ok(()),
        }
    }

    fn ok(&mut self, topic: Topic, text: String) -> Result<(), Error> {
        self.said.tell(&Finding::ok(topic, text).of(&self.host.name))
    }

    fn trouble(&mut self, trouble: Trouble, text: String) -> Result<(), Error> {
        self.said.tell(&Finding::trouble(trouble, text).of(&self.host.name))
    }
}

/// The way out, which OVHcloud's providers need over IPv4.
fn route(said: &mut Said, examiner: &mut Examiner, hosts: &[&Host]) -> Result<(), Error> {
    let Some(kernel) = examiner.kernel() else { return Ok(()) };
    let devices = kernel.default_devices(Family::Ipv4);
    // An interface of OpenWrt may have a table of its own.
    let needs_default = |host: &&Host| matches!(host.uplink, Uplink::DefaultRoute) || !host.bind;
    match devices.is_empty() {
        true if hosts.iter().any(needs_default) => {
            said.trouble(Trouble::NoRoute, "there is no IPv4 default route in table main".into())
        }
        true => Ok(()),
        false => {
            said.ok(Topic::Route, format!("the IPv4 default route is by {}", devices.join(", ")))
        }
    }
}

/// The request that an update would be, without its password.
fn would_send(
    said: &mut Said,
    host: &Host,
    family: Family,
    address: Option<IpAddr>,
) -> Result<(), Error> {
    let Some(address) = address else { return Ok(()) };
    let url = request::shown_url(host, Addresses { address, other: None });
    let text = format!("{family} GET {url} as {}, password ***", host.username);
    said.tell(&Finding::ok(Topic::Request, text).of(&host.name))
}
