//! The way to the providers: names, TCP, TLS.

use std::net::SocketAddr;
use std::time::Duration;

use super::way::Way;
use super::{Error, Said};
use crate::address::special::range_of;
use crate::dns::Addresses;
use crate::doctor::{Topic, Trouble, date, days_until};
use crate::io::clock;
use crate::io::probe::{self, Looked, Reached, Secured};
use crate::provider::failure::Failure;

/// Days before its end that a certificate should have been renewed.
const RENEWAL: u64 = 14;

/// What each DNS server says of each provider.
pub(super) fn look_up(said: &mut Said, ways: &[Way<'_>]) -> Result<(), Error> {
    let mut known: Vec<&str> = Vec::new();
    for way in ways {
        let (name, _) = way.target();
        if known.contains(&name) {
            continue;
        }
        if probe::is_known_here(name) {
            said.ok(Topic::Resolver, format!("{name} needs no DNS server"))?;
        } else {
            servers(said, way, name, &probe::each_server(&way.route.names, name))?;
        }
        known.push(name);
    }
    Ok(())
}

fn servers(said: &mut Said, way: &Way<'_>, name: &str, all: &[Looked]) -> Result<(), Error> {
    for Looked { server, time, said: answer } in all {
        let time = milliseconds(*time);
        match answer {
            Ok(addresses) => of_answer(
                said,
                way,
                addresses,
                format!("{server} says that {name} is {} ({time})", list(addresses)),
            )?,
            Err(failure) => {
                said.trouble(
                    Trouble::DeadServer,
                    format!("{server} gave no address of {name} ({time}): {}", failure.sentence()),
                )?;
            }
        }
    }
    let answers: Vec<&Addresses> =
        all.iter().filter_map(|looked| looked.said.as_ref().ok()).collect();
    let Some(first) = answers.first() else {
        return said.trouble(Trouble::NoServer, format!("no DNS server has an address of {name}"));
    };
    let differs = |other: &&&Addresses| !other.iter().any(|address| first.contains(address));
    if answers.iter().any(|other| differs(&other)) {
        said.trouble(Trouble::Disagreement, format!("the DNS servers do not agree about {name}"))?;
    }
    Ok(())
}

fn of_answer(
    said: &mut Said,
    way: &Way<'_>,
    addresses: &Addresses,
    text: String,
) -> Result<(), Error> {
    let is_special = addresses.iter().any(|address| range_of(*address).is_some());
    match (is_special, way.is_ovh()) {
        (true, true) => said.trouble(Trouble::Lie, text),
        (true, false) => said.trouble(Trouble::PrivateProvider, text),
        (false, _) => said.ok(Topic::Resolver, text),
    }
}

/// Connects to each address of each provider, and closes again.
pub(super) fn connect(said: &mut Said, ways: &[Way<'_>]) -> Result<(), Error> {
    for way in ways {
        let (name, port) = way.target();
        // What the look-up came to was told before.
        let Ok(addresses) = probe::addresses(&way.route.names, name) else { continue };
        let mut failures = Vec::new();
        for address in &addresses {
            let address = SocketAddr::new(*address, port);
            match probe::reach(&way.route, name, address) {
                Ok(reached) => of_connection(said, name, address, &reached)?,
                Err(failure) => failures.push((address, failure)),
            }
        }
        let trouble = if failures.len() == addresses.len() {
            Trouble::Unreachable
        } else {
            Trouble::OneUnreachable
        };
        failed(said, trouble, name, &failures)?;
    }
    Ok(())
}

fn failed(
    said: &mut Said,
    trouble: Trouble,
    name: &str,
    failures: &[(SocketAddr, Failure)],
) -> Result<(), Error> {
    failures.iter().try_for_each(|(address, failure)| {
        said.trouble(trouble, format!("{name} at {address}: {failure}"))
    })
}

fn of_connection(
    said: &mut Said,
    name: &str,
    address: SocketAddr,
    reached: &Reached,
) -> Result<(), Error> {
    let connected = milliseconds(reached.connected);
    let Some(Secured { time, with: [version, suite], certificates, expires }) = &reached.secured
    else {
        let text = format!("{name} at {address}: connected in {connected}, without TLS");
        return said.trouble(Trouble::PlainHttp, text);
    };
    let secured = milliseconds(*time);
    let until = expires.map(|at| format!(", valid until {}", date(at))).unwrap_or_default();
    let text = format!(
        "{name} at {address}: connected in {connected}, {version} with {suite} in {secured}, \
         {certificates} certificate(s) for {name}{until}"
    );
    said.ok(Topic::Provider, text)?;
    match expires.map(|at| days_until(at, clock::now())) {
        Some(days) if days < RENEWAL => said.trouble(
            Trouble::ExpiresSoon,
            format!("the certificate of {name} expires in {days} day(s)"),
        ),
        _ => Ok(()),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn list(addresses: &Addresses) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
