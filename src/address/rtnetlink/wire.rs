//! Framing, fixed-size values and numbers of rtnetlink(7).

use std::net::IpAddr;

use netlink_packet_core::{NlasIterator, parse_ip, parse_u32};

use super::Malformed;
use crate::address::{DeviceName, Family};

pub(super) fn for_each_attribute(
    bytes: &[u8],
    mut take: impl FnMut(u16, &[u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    for attribute in NlasIterator::new(bytes) {
        let attribute = attribute.map_err(|_| Malformed::Length)?;
        take(attribute.kind(), attribute.value())?;
    }
    Ok(())
}

/// Device, flags and attributes of `struct rtnexthop`s: length, flags, weight, device; then
/// attributes.
pub(super) fn for_each_hop(
    mut bytes: &[u8],
    mut take: impl FnMut(u32, u8, &[u8]),
) -> Result<(), Malformed> {
    while !bytes.is_empty() {
        let (header, _) = bytes.split_first_chunk().ok_or(Malformed::Length)?;
        let [l0, l1, flags, _, i0, i1, i2, i3]: [u8; 8] = *header;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        if length < header.len() || length > bytes.len() {
            return Err(Malformed::Length);
        }
        let attributes = bytes.get(header.len()..length).unwrap_or_default();
        take(u32::from_ne_bytes([i0, i1, i2, i3]), flags, attributes);
        bytes = bytes.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
    }
    Ok(())
}

/// Appends an attribute whose value fills whole words.
pub(super) fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    out.extend(length.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend(value);
}

pub(super) fn family_of(number: u8) -> Option<Family> {
    match number {
        AF_INET => Some(Family::Ipv4),
        AF_INET6 => Some(Family::Ipv6),
        _ => None,
    }
}

pub(super) fn ip(value: &[u8], family: Family) -> Result<IpAddr, Malformed> {
    parse_ip(value).ok().filter(|&ip| Family::of(ip) == family).ok_or(Malformed::Value)
}

pub(super) fn u32_of(value: &[u8]) -> Result<u32, Malformed> {
    parse_u32(value).map_err(|_| Malformed::Value)
}

/// Numbers that stand one after the other in a `struct`.
pub(super) fn u32s_of<const N: usize>(value: &[u8]) -> Result<[u32; N], Malformed> {
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(value.chunks(4)) {
        *number = u32_of(bytes)?;
    }
    if value.len() < 4 * N { Err(Malformed::Value) } else { Ok(numbers) }
}

/// Whether `IFLA_LINKINFO` says that the link is a tunnel; ppp is not, as most lines of that kind
/// are a provider's.
pub(super) fn is_tunnel(info: &[u8]) -> bool {
    const KINDS: [&[u8]; 8] =
        [b"wireguard", b"tun", b"ipip", b"gre", b"ip6gre", b"vti", b"xfrm", b"amneziawg"];
    let mut is_tunnel = false;
    // What does not parse is no tunnel.
    let _ = for_each_attribute(info, |kind, value| {
        let name = value.split(|&byte| byte == 0).next().unwrap_or_default();
        is_tunnel |= kind == IFLA_INFO_KIND && KINDS.contains(&name);
        Ok(())
    });
    is_tunnel
}

pub(super) fn device_name(value: &[u8]) -> Option<DeviceName> {
    let name = value.split(|&byte| byte == 0).next()?;
    std::str::from_utf8(name).ok()?.try_into().ok()
}

// From <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>, <net/if.h>; the numbers are the
// same on every architecture.
pub(super) const RTM_NEWLINK: u16 = 16;
pub(crate) const RTM_GETLINK: u16 = 18;
pub(super) const RTM_NEWADDR: u16 = 20;
pub(crate) const RTM_GETADDR: u16 = 22;
pub(super) const RTM_NEWROUTE: u16 = 24;
pub(super) const RTM_DELROUTE: u16 = 25;
pub(crate) const RTM_GETROUTE: u16 = 26;
pub(super) const ALIGNMENT: usize = 4;
pub(super) const AF_INET: u8 = 2;
pub(super) const AF_INET6: u8 = 10;
pub(super) const IFF_UP: u32 = 1;
pub(super) const IFLA_IFNAME: u16 = 3;
pub(super) const IFLA_OPERSTATE: u16 = 16;
pub(super) const IFLA_LINKINFO: u16 = 18;
pub(super) const IFLA_INFO_KIND: u16 = 1;
pub(crate) const IFLA_EXT_MASK: u16 = 29;
pub(crate) const RTEXT_FILTER_SKIP_STATS: u32 = 8;
pub(super) const OPER_UNKNOWN: u8 = 0;
pub(super) const OPER_NOT_PRESENT: u8 = 1;
pub(super) const OPER_DOWN: u8 = 2;
pub(super) const OPER_LOWER_LAYER_DOWN: u8 = 3;
pub(super) const IFA_ADDRESS: u16 = 1;
pub(super) const IFA_LOCAL: u16 = 2;
pub(super) const IFA_CACHEINFO: u16 = 6;
pub(super) const IFA_FLAGS: u16 = 8;
pub(super) const IFA_PROTO: u16 = 11;
/// A lifetime without an end (RFC 4861).
pub const FOREVER: u32 = u32::MAX;
pub(super) const RTN_UNICAST: u8 = 1;
pub(super) const RTPROT_RA: u8 = 9;
pub(super) const RT_TABLE_MAIN: u32 = 254;
pub(super) const RTA_DST: u16 = 1;
pub(super) const RTA_OIF: u16 = 4;
pub(super) const RTA_GATEWAY: u16 = 5;
pub(super) const RTA_PRIORITY: u16 = 6;
pub(super) const RTA_PREFSRC: u16 = 7;
pub(super) const RTA_MULTIPATH: u16 = 9;
pub(super) const RTA_TABLE: u16 = 15;
pub(super) const RTA_NH_ID: u16 = 30;
pub(super) const RTNH_F_DEAD: u8 = 1;
