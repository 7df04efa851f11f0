//! The on-link prefix of an address.

use std::net::{IpAddr, Ipv6Addr};

use super::super::rtnetlink::Snapshot;
use super::super::{Found, special, suffix};

/// The on-link prefix of a selected IPv6 address, at most 64 bits, with the host bits cleared.
///
/// An address from DHCP is a /128 of its own; its prefix is then that of another address of the
/// device.
#[must_use]
pub fn on_link_prefix(snapshot: &Snapshot, found: &Found) -> Option<(Ipv6Addr, u8)> {
    let IpAddr::V6(selected) = found.address else { return None };
    let link = snapshot.link(found.device.as_ref()?)?;
    snapshot
        .addresses
        .iter()
        .filter(|address| address.link == link.index)
        .filter(|address| (1..=suffix::MAX_PREFIX_LENGTH).contains(&address.prefix_length))
        .filter_map(|address| {
            let prefix = special::Prefix { first: address.address, length: address.prefix_length };
            prefix.contains(found.address).then_some(prefix.length)
        })
        .max()
        .map(|length| (network(selected, length), length))
}

fn network(address: Ipv6Addr, length: u8) -> Ipv6Addr {
    let host_bits = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & !host_bits)
}
