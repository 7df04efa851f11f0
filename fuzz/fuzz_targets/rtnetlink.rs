//! Any bytes in place of the kernel's: never a panic or an endless loop, and what is selected from
//! them is fit to be published.
//!
//! The input is a series of datagrams, each after its length in two bytes, little-endian, as in
//! `tests/netlink/`; `seeds/rtnetlink/` points there.

#![no_main]

use std::net::IpAddr;

use dynhost::address::rtnetlink::{
    DAD_FAILED, DEPRECATED, SCOPE_GLOBAL, Snapshot, TEMPORARY, TENTATIVE, concerns_addresses,
};
use dynhost::address::select::{On, Want, on_link_prefix, select};
use dynhost::address::{DeviceName, Family, special};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let snapshot = read_all(data);
    let devices: Vec<DeviceName> = snapshot.links.iter().map(|link| link.name.clone()).collect();
    let published = snapshot.addresses.last().map(|address| address.address);
    for family in [Family::Ipv4, Family::Ipv6] {
        for on in [On::DefaultRoute, On::Devices(&devices)] {
            for allow_special in [false, true] {
                check(&snapshot, &Want { family, on, allow_special, published, only: None });
            }
        }
    }
});

fn read_all(mut data: &[u8]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    while let Some((length, rest)) = data.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (datagram, rest) = rest.split_at(length);
        let _ = concerns_addresses(datagram);
        if snapshot.read(datagram).is_err() {
            break;
        }
        data = rest;
    }
    snapshot
}

fn check(snapshot: &Snapshot, want: &Want<'_>) {
    let found = match select(snapshot, want) {
        Ok(found) => found,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    assert_eq!(Family::of(found.address), want.family);
    assert!(want.allow_special || special::range_of(found.address).is_none());
    let device = found.device.clone().expect("the kernel's addresses have a device");
    let fit = snapshot.addresses.iter().any(|address| {
        let bad = DAD_FAILED | TENTATIVE | DEPRECATED | TEMPORARY;
        let is_stable = address.flags & bad == 0 && address.preferred_seconds > 0;
        address.address == found.address
            && (found.address.is_ipv4() || is_stable && address.scope == SCOPE_GLOBAL)
            && snapshot.links.iter().any(|l| l.index == address.link && l.name == device && l.up)
    });
    assert!(fit, "{found:?}");
    if let Some((prefix, length)) = on_link_prefix(snapshot, &found) {
        assert!((1..=64).contains(&length));
        let prefix = special::Prefix { first: IpAddr::V6(prefix), length };
        assert!(prefix.contains(found.address));
    }
}
