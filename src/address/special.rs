//! The ranges that the IANA special-purpose registries call not globally reachable, each with what
//! it means for the user.
//!
//! Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates),
//! the multicast registries, and for IPv6 the global unicast space `2000::/3` (RFC 4291).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::NoAddress;

/// A range that nobody out there can reach.
#[derive(Debug, PartialEq, Eq)]
pub struct Range {
    /// What it is, to follow "is".
    pub name: &'static str,
    /// What that means for the user.
    pub meaning: &'static str,
    /// Where it lies.
    pub prefix: Prefix,
}

/// An address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The first address.
    pub first: IpAddr,
    /// At most 32 or 128.
    pub length: u8,
}

/// The most specific range an address is in; `None` if it is globally reachable.
#[must_use]
pub fn range_of(address: IpAddr) -> Option<&'static Range> {
    if REACHABLE.iter().any(|prefix| prefix.contains(address)) {
        return None;
    }
    RANGES.iter().find(|range| range.prefix.contains(address))
}

/// Refuses an address of a special range, whatever source named it.
///
/// # Errors
///
/// [`NoAddress::Special`], unless `allow_special`.
pub fn refuse(address: IpAddr, allow_special: bool) -> Result<(), NoAddress> {
    match range_of(address) {
        Some(range) if !allow_special => Err(NoAddress::Special { address, range }),
        _ => Ok(()),
    }
}

impl Prefix {
    /// Whether the address lies in it; never across families.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = u32::from(first) ^ u32::from(address);
                differing.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = u128::from(first) ^ u128::from(address);
                differing.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

/// Globally reachable islands inside special ranges.
const REACHABLE: &[Prefix] = &[
    v4([192, 0, 0, 9], 32),  // Port Control Protocol anycast, RFC 7723
    v4([192, 0, 0, 10], 32), // TURN anycast, RFC 8155
    v6([0x2001, 1, 0, 0, 0, 0, 0, 1], 128), // Port Control Protocol anycast, RFC 7723
    v6([0x2001, 1, 0, 0, 0, 0, 0, 2], 128), // TURN anycast, RFC 8155
    v6([0x2001, 1, 0, 0, 0, 0, 0, 3], 128), // DNS-SD service registration anycast, RFC 9665
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32), // AMT, RFC 7450
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48), // AS112-v6, RFC 7535
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), // ORCHIDv2, RFC 7343
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28), // drone remote identification, RFC 9374
];

const BEHIND_ROUTER: &str = "another router holds the public address and has to forward ports";
const DOCUMENTED: &str = "it stands in examples only and is routed nowhere";
const THIS_MACHINE: &str = "it never leaves this machine";
const UNASSIGNED: &str = "IANA has assigned it to nobody, so it is routed nowhere";

/// More specific ranges before those that hold them.
const RANGES: &[Range] = &[
    range("the unspecified address", "the line has no address yet", v4([0, 0, 0, 0], 32)),
    range("\"this network\"", "it is a source address while booting only", v4([0, 0, 0, 0], 8)),
    range("a private address", BEHIND_ROUTER, v4([10, 0, 0, 0], 8)),
    range(
        "carrier-grade NAT",
        "the provider shares one public address, port forwarding cannot work",
        v4([100, 64, 0, 0], 10),
    ),
    range("loopback", THIS_MACHINE, v4([127, 0, 0, 0], 8)),
    range("link-local", "no DHCP server answered on this line", v4([169, 254, 0, 0], 16)),
    range("a private address", BEHIND_ROUTER, v4([172, 16, 0, 0], 12)),
    range(
        "DS-Lite or 464XLAT",
        "IPv4 is carried over IPv6 to an address the provider shares, publish IPv6 instead",
        v4([192, 0, 0, 0], 29),
    ),
    range(
        "reserved for protocols of the IETF",
        "it is never the address of a line",
        v4([192, 0, 0, 0], 24),
    ),
    range("a documentation address", DOCUMENTED, v4([192, 0, 2, 0], 24)),
    range(
        "a 6to4 relay address",
        "6to4 relays were given up in 2015 (RFC 7526)",
        v4([192, 88, 99, 0], 24),
    ),
    range("a private address", BEHIND_ROUTER, v4([192, 168, 0, 0], 16)),
    range("for benchmarking", "it is used in test networks only", v4([198, 18, 0, 0], 15)),
    range("a documentation address", DOCUMENTED, v4([198, 51, 100, 0], 24)),
    range("a documentation address", DOCUMENTED, v4([203, 0, 113, 0], 24)),
    range("multicast", "it names a group, not a machine", v4([224, 0, 0, 0], 4)),
    range("broadcast", "it names every machine of a link", v4([255, 255, 255, 255], 32)),
    range("reserved", "it is routed nowhere", v4([240, 0, 0, 0], 4)),
    range("the unspecified address", "the line has no address yet", v6([0; 8], 128)),
    range("loopback", THIS_MACHINE, v6([0, 0, 0, 0, 0, 0, 0, 1], 128)),
    range(
        "IPv4-mapped",
        "it is an IPv4 address in IPv6 notation and belongs into an A record",
        v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    ),
    range(
        "NAT64",
        "it is the IPv6 form of somebody's IPv4 address, made by a translator",
        v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    ),
    range(
        "local NAT64",
        "it is an IPv4 address translated inside the provider's network",
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ),
    range(
        "discard-only",
        "whatever is sent there is dropped",
        v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    ),
    range(
        "the dummy prefix",
        "it stands for a missing address (RFC 9780)",
        v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64),
    ),
    range(
        "Teredo",
        "it is a tunnel through somebody's relay, publish a native IPv6 address instead",
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    ),
    range(
        "for benchmarking",
        "it is used in test networks only",
        v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48),
    ),
    range(
        "an ORCHID",
        "it is the hash of a key, not a place in the network",
        v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28),
    ),
    range(
        "reserved for protocols of the IETF",
        "it is never the address of a line",
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ),
    range("a documentation address", DOCUMENTED, v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32)),
    range(
        "6to4",
        "it is made from an IPv4 address and needs relays that were given up (RFC 7526), \
         publish a native IPv6 address instead",
        v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ),
    range("a documentation address", DOCUMENTED, v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20)),
    range(
        "a segment routing identifier",
        "it is valid inside the provider's network only",
        v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
    ),
    range(
        "a unique local address",
        "it is valid inside the home network only, the line has no public IPv6 prefix",
        v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ),
    range(
        "link-local",
        "it is valid on one cable only, the line has no public IPv6 prefix",
        v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ),
    range(
        "site-local",
        "it was given up in 2004 (RFC 3879) and is routed nowhere",
        v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ),
    range("multicast", "it names a group, not a machine", v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8)),
    // What is left outside 2000::/3.
    range("unassigned", UNASSIGNED, v6([0; 8], 3)),
    range("unassigned", UNASSIGNED, v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2)),
    range("unassigned", UNASSIGNED, v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1)),
];

const fn range(name: &'static str, meaning: &'static str, prefix: Prefix) -> Range {
    Range { name, meaning, prefix }
}

const fn v4(bytes: [u8; 4], length: u8) -> Prefix {
    Prefix { first: IpAddr::V4(Ipv4Addr::from_octets(bytes)), length }
}

const fn v6(groups: [u16; 8], length: u8) -> Prefix {
    Prefix { first: IpAddr::V6(Ipv6Addr::from_segments(groups)), length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(address: &str) -> &'static str {
        range_of(address.parse().unwrap()).map_or("reachable", |range| range.name)
    }

    #[test]
    fn first_and_last_address_of_a_range_are_in_it_and_their_neighbours_are_not() {
        for (before, first, last, after, name) in [
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "a private address"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", "carrier-grade NAT"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", "loopback"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", "link-local"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", "a private address"),
            (
                "192.167.255.255",
                "192.168.0.0",
                "192.168.255.255",
                "192.169.0.0",
                "a private address",
            ),
            ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "a documentation address"),
            (
                "192.88.98.255",
                "192.88.99.0",
                "192.88.99.255",
                "192.88.100.0",
                "a 6to4 relay address",
            ),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", "for benchmarking"),
            (
                "198.51.99.9",
                "198.51.100.0",
                "198.51.100.255",
                "198.51.101.0",
                "a documentation address",
            ),
            (
                "203.0.112.9",
                "203.0.113.0",
                "203.0.113.255",
                "203.0.114.0",
                "a documentation address",
            ),
            (
                "2001:db7:ffff::",
                "2001:db8::",
                "2001:db8:ffff::1",
                "2001:db9::",
                "a documentation address",
            ),
            ("2001:ffff::", "2002::", "2002:ffff:ffff::1", "2003::", "6to4"),
            ("3ffe::", "3fff::", "3fff:fff:ffff::1", "3fff:1000::", "a documentation address"),
            (
                "2001:200::",
                "2001:100::",
                "2001:1ff:ffff::1",
                "2001:200::",
                "reserved for protocols of the IETF",
            ),
        ] {
            assert_eq!(name_of(before), "reachable", "{before}");
            assert_eq!(name_of(first), name, "{first}");
            assert_eq!(name_of(last), name, "{last}");
            assert_eq!(name_of(after), "reachable", "{after}");
        }
    }

    #[test]
    fn the_rest_of_the_registries_is_refused_by_name() {
        for (address, name) in [
            ("0.0.0.0", "the unspecified address"),
            ("0.1.2.3", "\"this network\""),
            ("192.0.0.2", "DS-Lite or 464XLAT"),
            ("192.0.0.8", "reserved for protocols of the IETF"),
            ("192.0.0.170", "reserved for protocols of the IETF"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.254", "reserved"),
            ("255.255.255.255", "broadcast"),
            ("::", "the unspecified address"),
            ("::1", "loopback"),
            ("::ffff:81.2.69.10", "IPv4-mapped"),
            ("::81.2.69.10", "unassigned"),
            ("64:ff9b::5102:450a", "NAT64"),
            ("64:ff9b:1::1", "local NAT64"),
            ("100::1", "discard-only"),
            ("100:0:0:1::1", "the dummy prefix"),
            ("2001::1", "Teredo"),
            ("2001:1::4", "reserved for protocols of the IETF"),
            ("2001:2::1", "for benchmarking"),
            ("2001:10::1", "an ORCHID"),
            ("1fff::1", "unassigned"),
            ("4000::1", "unassigned"),
            ("5f00::1", "a segment routing identifier"),
            ("9000::1", "unassigned"),
            ("fc00::1", "a unique local address"),
            ("fd12:3456::1", "a unique local address"),
            ("fe00::1", "unassigned"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
        ] {
            assert_eq!(name_of(address), name, "{address}");
        }
    }

    #[test]
    fn exceptions_and_ordinary_addresses_are_reachable() {
        for address in [
            "192.0.0.9",
            "192.0.0.10",
            "192.31.196.1",
            "192.175.48.1",
            "81.2.69.10",
            "1.0.0.1",
            "223.255.255.255",
            "2001:1::1",
            "2001:1::2",
            "2001:1::3",
            "2001:3::1",
            "2001:4:112::1",
            "2001:20::1",
            "2001:30::1",
            "2000::1",
            "2a01:cb00:1:2::10",
            "2620:4f:8000::1",
            "3fff:ffff::1",
        ] {
            assert_eq!(name_of(address), "reachable", "{address}");
        }
    }

    #[test]
    fn prefixes_are_whole_and_none_is_hidden_by_an_earlier_one() {
        for (at, range) in RANGES.iter().enumerate() {
            let first = range.prefix.first;
            let bits = match first {
                IpAddr::V4(address) => {
                    address.to_bits().trailing_zeros() + u32::from(range.prefix.length)
                }
                IpAddr::V6(address) => {
                    address.to_bits().trailing_zeros() + u32::from(range.prefix.length)
                }
            };
            assert!(bits >= if first.is_ipv4() { 32 } else { 128 }, "{}", range.prefix);
            for earlier in RANGES.iter().take(at) {
                let hidden =
                    earlier.prefix.length <= range.prefix.length && earlier.prefix.contains(first);
                assert!(!hidden, "{} is inside {}", range.prefix, earlier.prefix);
            }
        }
    }

    #[test]
    fn a_refusal_says_what_the_range_is_and_what_it_means() {
        let refusal = refuse("100.71.2.3".parse().unwrap(), false).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "100.71.2.3 is carrier-grade NAT (100.64.0.0/10): the provider shares one public \
             address, port forwarding cannot work"
        );
        assert_eq!(refuse("100.71.2.3".parse().unwrap(), true), Ok(()));
        assert_eq!(refuse("81.2.69.10".parse().unwrap(), false), Ok(()));
    }
}
