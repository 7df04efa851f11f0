//! Who holds a zone, and what each of them says: asked directly, and answered by nobody else.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use dynhost::address::Family;
use dynhost::dns::authority::Told;
use dynhost::io::authoritative::{Zones, ask, servers_of};
use dynhost::io::dns::Names;
use dynhost::provider::failure::Failure;

use super::server::{A, AUTHORITATIVE, GOOD, NS, NXDOMAIN, REFUSED, Server, TRUNCATED};
use super::server::{Asked, address, answer, name_server};
use super::{SECOND, SLACK, THIRD, resolve_by};
use crate::support::netns;

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const OLD: IpAddr = IpAddr::V4(Ipv4Addr::new(81, 2, 69, 1));
const NEW: IpAddr = IpAddr::V4(Ipv4Addr::new(81, 2, 69, 2));

/// A resolver that knows `example.com` to lie at two servers, and remembers an old address.
fn resolver(asked: &Asked) -> Vec<Vec<u8>> {
    assert!(asked.recursion, "{asked:?}");
    let records = match (asked.name.as_str(), asked.kind) {
        ("example.com", NS) => {
            ["ns1.lab", "ns2.lab"].map(|ns| name_server(&asked.name, ns)).to_vec()
        }
        ("ns1.lab", A) => vec![address(&asked.name, SECOND.into())],
        ("ns2.lab", A) => vec![address(&asked.name, THIRD.into())],
        (_, A) => vec![address(&asked.name, OLD)],
        _ => vec![],
    };
    vec![answer(asked, GOOD, &records)]
}

#[test]
fn each_server_of_the_zone_is_asked_itself_over_tcp_where_it_must_be() {
    netns::enter();
    let _resolver = Server::start(HERE, resolver);
    let first = Server::start(SECOND, |asked| {
        assert!(!asked.recursion, "{asked:?}");
        let records = [address(&asked.name, NEW)];
        let over_tcp = answer(asked, AUTHORITATIVE, &records);
        vec![if asked.over_tcp { over_tcp } else { answer(asked, TRUNCATED, &[]) }]
    });
    let _second = Server::start(THIRD, |_| vec![]);
    resolve_by(&[HERE], "");
    let names = Names::default();
    let (zone, servers) = Zones::default().of("a.home.example.com.", &names).unwrap().unwrap();
    assert_eq!((zone.as_str(), servers.len()), ("example.com", 2));
    let begun = Instant::now();
    let reports = ask(&servers, "home.example.com", Family::Ipv4, &names);
    assert!(reports[0].agrees(NEW), "{reports:?}");
    assert_eq!(reports[1].told, Told::Silent);
    assert!(begun.elapsed() < std::time::Duration::from_secs(2) + SLACK);
    assert!(first.asked().iter().any(|asked| asked.over_tcp));
}

#[test]
fn a_name_that_nobody_holds_is_told_from_a_resolver_that_does_not_tell() {
    netns::enter();
    let _first = Server::start(HERE, |asked| vec![answer(asked, REFUSED, &[])]);
    let _second = Server::start(SECOND, |asked| vec![answer(asked, NXDOMAIN, &[])]);
    let names = Names::default();
    resolve_by(&[HERE], "");
    assert_eq!(servers_of("example.com", &names), Err(Failure::DnsRefused));
    assert_eq!(Zones::default().of("home.example.com", &names), Err(Failure::DnsRefused));
    resolve_by(&[HERE, SECOND], "options use-vc");
    assert_eq!(servers_of("example.com", &names), Ok(None));
    assert_eq!(Zones::default().of("home.example.com", &names), Ok(None));
    assert_eq!(Zones::default().of("localhost", &names), Ok(None));
    resolve_by(&[THIRD], "options attempts:1");
    assert_eq!(servers_of("example.com", &names), Err(Failure::Resolve));
}

#[test]
fn a_zone_is_asked_about_once_and_a_resolver_that_is_silent_about_one_is_asked_about_none() {
    netns::enter();
    let resolver = Server::start(HERE, |asked| {
        let is_zone = ["example.com", "deep.example.com"].contains(&asked.name.as_str());
        let records = if is_zone { vec![name_server(&asked.name, "ns1.lab")] } else { vec![] };
        vec![answer(asked, GOOD, &records)]
    });
    resolve_by(&[HERE], "");
    let (names, mut zones) = (Names::default(), Zones::default());
    let rows = [
        ("home.example.com", "example.com", 2),
        ("home.example.com", "example.com", 0),
        ("office.example.com", "example.com", 1),
        // What is delegated further is no name of the zone above.
        ("home.deep.example.com", "deep.example.com", 2),
        ("deep.example.com", "deep.example.com", 0),
    ];
    for (hostname, expected, questions) in rows {
        let before = resolver.asked().len();
        let (zone, _) = zones.of(hostname, &names).unwrap().unwrap();
        assert_eq!((zone.as_str(), resolver.asked().len() - before), (expected, questions));
    }
    resolve_by(&[THIRD], "options attempts:1");
    let silent = Server::start(THIRD, |_| vec![]);
    for _ in 0..3 {
        assert_eq!(zones.of("home.example.net", &names), Err(Failure::Resolve));
        assert_eq!(zones.of("home.example.org", &names), Err(Failure::Resolve));
    }
    let asked: std::collections::BTreeSet<_> =
        silent.asked().into_iter().map(|asked| asked.name).collect();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), ["home.example.net"]);
}
