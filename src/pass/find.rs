//! From a record to its address: the sources of its host, in their order.

use std::net::IpAddr;

use super::edge::{Edge, Finding};
use crate::address::gateway::Gateway;
use crate::address::{Family, Found, NoAddress, NoAnswer, auto, command, special};
use crate::config::{Host, Source};
use crate::io::slow::{Question, Sites, Told};
use crate::provider::failure::Failure;
use crate::state::Record;

impl Edge {
    /// The address of a record, from the first source that has one; or what each of them says.
    pub(super) fn find(&mut self, host: &Host, record: &Record) -> Finding {
        if let Err(reason) = self.hear_netifd(host)? {
            return Some(Err(reason));
        }
        let mut reasons = Vec::new();
        for source in &host.sources {
            match self.find_by(*source, host, record)? {
                Ok(found) => return Some(Ok(found)),
                Err(reason) => reasons.push(reason),
            }
        }
        let none = || NoAddress::NoDefaultRoute(record.identity.family);
        Some(Err(NoAddress::each_of(reasons).unwrap_or_else(none)))
    }

    /// Learns where the line of a host with `option interface` is; `None` while netifd's answer is
    /// on its way.
    pub(super) fn hear_netifd(&mut self, host: &Host) -> Option<Result<(), NoAddress>> {
        let Some(question) = Question::of_line(host) else { return Some(Ok(())) };
        let told = self.slow.ask(&question)?;
        if let (Ok(Told::Lines(said)), Some(sources)) = (&told, &mut self.sources) {
            sources.learn(said.clone());
        }
        Some(told.map(drop))
    }

    /// The address by one source.
    pub(super) fn find_by(&mut self, source: Source, host: &Host, record: &Record) -> Finding {
        match source {
            Source::Auto => self.auto(host, record),
            source => self.ask(source, host, record),
        }
    }

    /// The interface, and what stands in front of it.
    fn auto(&mut self, host: &Host, record: &Record) -> Finding {
        let own = match self.ask(Source::Interface, host, record)? {
            Err(reason) if auto::goes_on(record.identity.family, &reason) => reason,
            found => return Some(found),
        };
        let mut reasons = Vec::new();
        for source in auto::AFTER {
            let last = reasons.last().unwrap_or(&own);
            let is_there = source != Source::Web || !host.web.sites.is_empty();
            if is_there && auto::asks(source, record.identity.family, last) {
                match self.ask(source, host, record)? {
                    Err(reason) => reasons.push(reason),
                    found => return Some(found),
                }
            }
        }
        Some(Err(auto::said(own, reasons)))
    }

    /// One source.
    fn ask(&mut self, source: Source, host: &Host, record: &Record) -> Finding {
        let family = record.identity.family;
        if source == Source::Interface {
            let published = record.past.published().map(|published| published.address);
            return Some(self.sources.as_mut()?.interface(host, family, published));
        }
        let question = match self.question(source, host, family) {
            Ok(question) => question,
            Err(reason) => return Some(Err(reason)),
        };
        let answer = self.slow.ask(&question)?;
        let allowed = answer.and_then(|told| judge(told, host, family));
        Some(allowed.map(|address| Found { address, device: None, source: source.token() }))
    }

    fn question(
        &mut self,
        source: Source,
        host: &Host,
        family: Family,
    ) -> Result<Question, NoAddress> {
        match source {
            Source::Command => Ok(Question::Command(host.command.clone())),
            Source::Natpmp => {
                let gateway = self.gateway(source, host, family)?;
                self.announcements.expect(&gateway);
                Ok(Question::Natpmp(gateway))
            }
            Source::Upnp => Ok(Question::Upnp(self.gateway(source, host, family)?)),
            Source::Web => {
                let names =
                    self.way_of(host, family).map_err(|failure| unbound(source, failure))?;
                Ok(Question::Web(Sites { web: host.web.clone(), family, names }))
            }
            // These are no questions, and were dealt with before.
            Source::Interface | Source::Auto => Err(NoAddress::NotAsked),
        }
    }

    /// The box that may be asked for a host.
    fn gateway(
        &mut self,
        source: Source,
        host: &Host,
        family: Family,
    ) -> Result<Gateway, NoAddress> {
        if family == Family::Ipv6 {
            return Err(NoAnswer::Ipv4Only(source.token()).into());
        }
        let names = self.way_of(host, family).map_err(|failure| unbound(source, failure))?;
        let none = || NoAddress::NoDefaultRoute(family);
        let gateway = self.sources.as_mut().ok_or_else(none)?.gateway(host)?;
        Ok(Gateway { bound: names.device, ..gateway })
    }
}

fn unbound(source: Source, failure: Failure) -> NoAddress {
    let why = match failure {
        Failure::Bind => "the device that `option bind` wants is gone".into(),
        failure => failure.to_string(),
    };
    NoAnswer::Unasked { source: source.token(), why }.into()
}

/// What a source told, if it may be published.
fn judge(told: Told, host: &Host, family: Family) -> Result<IpAddr, NoAddress> {
    let address = match told {
        Told::Text(output) => command::address(&host.command, &output, family)?,
        Told::Line(behind) => return behind.judge(host.allow_special),
        Told::Seen(address) => address,
        // Of no source: it was learnt before any was asked.
        Told::Lines(_) => return Err(NoAddress::NotAsked),
    };
    special::refuse(address, host.allow_special)?;
    Ok(address)
}
