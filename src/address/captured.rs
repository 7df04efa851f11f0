//! What is selected from dumps of a real kernel (`tests/netlink/README.md`).
//!
//! netlink is in the byte order of the machine, and these were captured on a little-endian one: on
//! a big-endian one they would be other bytes, so this file is left out there.

use std::net::IpAddr;

use super::Family::{self, Ipv4, Ipv6};
use super::NoAddress;
use super::flaw::Flaw;
use super::rtnetlink::{DEPRECATED, Malformed, Progress, Snapshot};
use super::select::{On, Want, on_link_prefix, select};

const SCENES: [(&str, &[u8]); 8] = [
    ("pppoe", include_bytes!("../../tests/netlink/pppoe.bin")),
    ("dual_stack", include_bytes!("../../tests/netlink/dual_stack.bin")),
    ("tentative", include_bytes!("../../tests/netlink/tentative.bin")),
    ("duplicate", include_bytes!("../../tests/netlink/duplicate.bin")),
    ("down", include_bytes!("../../tests/netlink/down.bin")),
    ("cgnat", include_bytes!("../../tests/netlink/cgnat.bin")),
    ("prefix_only", include_bytes!("../../tests/netlink/prefix_only.bin")),
    ("several_routes", include_bytes!("../../tests/netlink/several_routes.bin")),
];

/// Datagrams, each after its length in two bytes.
fn datagrams(scene: &str) -> Vec<&'static [u8]> {
    let mut rest = SCENES.iter().find(|(name, _)| *name == scene).unwrap().1;
    let mut datagrams = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (datagram, tail) = tail.split_at(u16::from_le_bytes(*length).into());
        datagrams.push(datagram);
        rest = tail;
    }
    datagrams
}

fn snapshot(scene: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let ends = datagrams(scene)
        .iter()
        .map(|datagram| snapshot.read(datagram).unwrap())
        .filter(|progress| *progress != Progress::More)
        .collect::<Vec<_>>();
    assert_eq!(ends, [Progress::Done; 3], "{scene}");
    snapshot
}

/// `on` is "-" for the default route, or devices; the result "DEVICE ADDRESS", or the sentence.
fn selected(scene: &str, family: Family, on: &str, published: Option<&str>) -> String {
    let devices: Vec<_> = on.split(' ').map(|name| name.try_into().unwrap()).collect();
    let want = Want {
        family,
        on: if on == "-" { On::DefaultRoute } else { On::Devices(&devices) },
        allow_special: false,
        published: published.map(|text| text.parse().unwrap()),
        only: None,
    };
    match select(&snapshot(scene), &want) {
        Ok(found) => format!("{} {}", found.device.unwrap(), found.address),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn a_wan_address_is_selected() {
    for (scene, family, on, result) in [
        ("pppoe", Ipv4, "-", "pppoe-wan 81.2.69.10"),
        ("pppoe", Ipv4, "pppoe-wan", "pppoe-wan 81.2.69.10"),
        ("pppoe", Ipv6, "-", "pppoe-wan 2a01:cb00:1:2::10"),
        ("dual_stack", Ipv4, "-", "wan0 81.2.69.10"),
        ("dual_stack", Ipv6, "-", "wan0 2a01:cb00:1:2::10"),
        ("prefix_only", Ipv6, "wan0 br-lan", "br-lan 2a01:cb00:1:20::1"),
        ("several_routes", Ipv4, "-", "wan1 81.2.70.10"),
        ("several_routes", Ipv6, "-", "wan1 2a01:cb00:1:3::10"),
        ("several_routes", Ipv4, "vpn0", "vpn0 81.2.71.10"),
        ("several_routes", Ipv4, "gone0 wan0", "wan0 81.2.69.10"),
    ] {
        assert_eq!(selected(scene, family, on, None), result, "{scene} {family} on {on}");
    }
}

#[test]
fn a_published_ipv6_address_is_kept_while_it_is_a_candidate() {
    for (scene, published, result) in [
        ("dual_stack", "2a01:cb00:1:2::abc", "wan0 2a01:cb00:1:2::abc"),
        ("dual_stack", "2a01:cb00:9:9::1", "wan0 2a01:cb00:1:2::10"),
        ("dual_stack", "2a01:cb00:1:2:a3b9:339c:f572:a09c", "wan0 2a01:cb00:1:2::10"),
        ("several_routes", "2a01:cb00:1:2::10", "wan0 2a01:cb00:1:2::10"),
        ("several_routes", "2a01:cb00:1:4::10", "wan1 2a01:cb00:1:3::10"),
    ] {
        assert_eq!(selected(scene, Ipv6, "-", Some(published)), result, "{scene} {published}");
    }
}

#[test]
fn a_refusal_names_what_matters_most() {
    for (scene, family, on, result) in [
        (
            "cgnat",
            Ipv4,
            "-",
            "100.71.2.3 is carrier-grade NAT (100.64.0.0/10): the provider shares one public \
             address, port forwarding cannot work",
        ),
        (
            "pppoe",
            Ipv4,
            "lan0",
            "192.168.1.1 is a private address (192.168.0.0/16): another router holds the public \
             address and has to forward ports",
        ),
        (
            "cgnat",
            Ipv6,
            "-",
            "fd99::1 is a unique local address (fc00::/7): it is valid inside the home network \
             only, the line has no public IPv6 prefix",
        ),
        (
            "cgnat",
            Ipv6,
            "wan0",
            "2a01:cb00:9:9::1 on wan0 is deprecated: the router or provider withdrew it and has \
             not sent another",
        ),
        (
            "tentative",
            Ipv6,
            "-",
            "2a01:cb00:1:2::10 on wan0 is tentative: waiting until it is known to be unique",
        ),
        (
            "duplicate",
            Ipv6,
            "wan0",
            "2a01:cb00:1:2::10 on wan0 is a duplicate: another machine on that link has it, too",
        ),
        ("down", Ipv4, "wan0", "device wan0 is down: bring it up"),
        ("down", Ipv4, "wan1", "device wan1 has no carrier: check the cable and the modem"),
        (
            "down",
            Ipv4,
            "-",
            "there is no ipv4 default route: the line is not connected, or its device must be \
             named with `option device`",
        ),
        (
            "down",
            Ipv4,
            "pppoe-wan",
            "there is no device pppoe-wan: the line is not connected, or the name is wrong",
        ),
        (
            "prefix_only",
            Ipv6,
            "-",
            "device wan0 has no global ipv6 address: the provider gave none, or only a prefix \
             for another device",
        ),
        ("tentative", Ipv4, "wan0", "device wan0 has no ipv4 address: the line is not connected"),
    ] {
        assert_eq!(selected(scene, family, on, None), result, "{scene} {family} on {on}");
    }
}

#[test]
fn a_tentative_address_is_waited_for() {
    let refusal = |scene| {
        let devices = ["wan0".try_into().unwrap()];
        let on = On::Devices(&devices);
        let want = Want { family: Ipv6, on, allow_special: false, published: None, only: None };
        select(&snapshot(scene), &want).unwrap_err()
    };
    assert!(refusal("tentative").is_transient());
    assert!(!refusal("duplicate").is_transient());
    assert!(matches!(refusal("prefix_only"), NoAddress::NoneOnDevice { .. }));
}

#[test]
fn an_address_is_deprecated_by_its_flag_and_by_its_lifetime_alone() {
    for (flag, preferred_seconds) in [(DEPRECATED, 600), (0, 0)] {
        let mut snapshot = snapshot("dual_stack");
        for address in &mut snapshot.addresses {
            address.flags |= flag;
            address.preferred_seconds = preferred_seconds;
        }
        let devices = ["wan0".try_into().unwrap()];
        let on = On::Devices(&devices);
        let want = Want { family: Ipv6, on, allow_special: false, published: None, only: None };
        let refusal = select(&snapshot, &want).unwrap_err();
        assert!(matches!(refusal, NoAddress::Flawed { flaw: Flaw::Deprecated, .. }), "{refusal}");
    }
}

#[test]
fn the_on_link_prefix_is_that_of_the_whole_device() {
    for (scene, on, published, prefix) in [
        ("dual_stack", "wan0", None, Some(("2a01:cb00:1:2::", 64))),
        ("dual_stack", "wan0", Some("2a01:cb00:1:2::abc"), Some(("2a01:cb00:1:2::", 64))),
        ("prefix_only", "br-lan", None, Some(("2a01:cb00:1:20::", 60))),
        ("pppoe", "pppoe-wan", None, None),
    ] {
        let snapshot = snapshot(scene);
        let devices = [on.try_into().unwrap()];
        let published: Option<IpAddr> = published.map(|text: &str| text.parse().unwrap());
        let on = On::Devices(&devices);
        let want = Want { family: Ipv6, on, allow_special: false, published, only: None };
        let found = select(&snapshot, &want).unwrap();
        let expected = prefix.map(|(first, length)| (first.parse().unwrap(), length));
        assert_eq!(on_link_prefix(&snapshot, &found), expected, "{scene} {published:?}");
    }
}

#[test]
fn a_datagram_cut_off_anywhere_is_an_error_or_a_shorter_dump() {
    for (scene, _) in SCENES {
        for datagram in datagrams(scene) {
            let mut whole = Snapshot::default();
            whole.read(datagram).unwrap();
            for length in 0..datagram.len() {
                let mut cut = Snapshot::default();
                let end = cut.read(&datagram[..length]);
                assert!(matches!(end, Ok(Progress::More) | Err(Malformed::Length)), "{end:?}");
                assert!(whole.links.starts_with(&cut.links), "{scene} at {length}");
                assert!(whole.addresses.starts_with(&cut.addresses), "{scene} at {length}");
                assert!(whole.default_routes.starts_with(&cut.default_routes), "{scene}");
            }
        }
    }
}
