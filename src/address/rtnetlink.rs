//! rtnetlink bytes -> links, addresses and default routes.
//!
//! Only the framing comes from a crate; of each message just the fixed header and the few
//! attributes that decide are read, so unknown kinds of links or routes cost nothing. Everything is
//! in the byte order of the machine (rtnetlink(7)), except the addresses.

use std::fmt;
use std::net::IpAddr;

use netlink_packet_core::{
    NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NlasIterator, parse_ip, parse_u32,
};

use super::{DeviceName, Family};

/// More links than this are refused; a router has some dozens.
pub const MAX_LINKS: usize = 4096;
/// More addresses than this are refused.
pub const MAX_ADDRESSES: usize = 4096;
/// More default routes than this are refused.
pub const MAX_DEFAULT_ROUTES: usize = 256;

/// What the kernel says about links, addresses and default routes; filled by [`Snapshot::read`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every device, in the kernel's order.
    pub links: Vec<Link>,
    /// Every address of both families, in the kernel's order (the order of source selection).
    pub addresses: Vec<Address>,
    /// Unicast default routes of table main; one entry per next hop.
    pub default_routes: Vec<DefaultRoute>,
    /// A message of the dump under way carried `NLM_F_DUMP_INTR`.
    interrupted: bool,
}

/// A network device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What addresses and routes refer to.
    pub index: u32,
    /// Its name.
    pub name: DeviceName,
    /// Administratively up (`IFF_UP`).
    pub up: bool,
    /// Has a carrier, as far as its driver can tell (`IFLA_OPERSTATE`, RFC 2863).
    pub carrier: bool,
}

/// An address of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// [`Link::index`] of its device.
    pub link: u32,
    /// The device's own address, also on point-to-point links (never the peer's).
    pub address: IpAddr,
    /// Bits of its on-link prefix; with a peer, of the peer's.
    pub prefix_length: u8,
    /// How far it is valid; 0 is global (`RT_SCOPE_UNIVERSE`).
    pub scope: u8,
    /// `IFA_F_*`, all 32 bits.
    pub flags: u32,
    /// Seconds it stays preferred; `u32::MAX` means for ever.
    pub preferred_seconds: u32,
}

/// A next hop of a default route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRoute {
    /// IPv4 or IPv6.
    pub family: Family,
    /// [`Link::index`] of the device it leaves by.
    pub link: u32,
    /// Lower wins.
    pub metric: u32,
}

/// `IFA_F_SECONDARY` of an IPv4 address: in the subnet of another, earlier one.
pub const SECONDARY: u32 = 0x01;
/// `IFA_F_TEMPORARY` of an IPv6 address (RFC 8981); the same bit as [`SECONDARY`].
pub const TEMPORARY: u32 = 0x01;
/// `IFA_F_DADFAILED`: another machine has this address.
pub const DAD_FAILED: u32 = 0x08;
/// `IFA_F_DEPRECATED`: the preferred lifetime is over.
pub const DEPRECATED: u32 = 0x20;
/// `IFA_F_TENTATIVE`: duplicate address detection is under way.
pub const TENTATIVE: u32 = 0x40;

/// `RT_SCOPE_UNIVERSE`.
pub const SCOPE_GLOBAL: u8 = 0;

/// Where a dump stands after a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Further datagrams follow.
    More,
    /// The dump is at its end and consistent.
    Done,
    /// The dump is at its end, but the tables changed meanwhile: ask again with a new [`Snapshot`].
    Interrupted,
    /// The kernel refused, with this errno.
    Refused(i32),
}

/// Bytes that are no rtnetlink, or more of it than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A message or attribute does not fit into what holds it.
    Length,
    /// A fixed header or the value of an attribute is too short or too long.
    Value,
    /// More of these than is read.
    TooMany(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("a netlink message or attribute has an impossible length"),
            Self::Value => f.write_str("a netlink message holds a value of the wrong size"),
            Self::TooMany(what) => write!(f, "the kernel lists too many {what}"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Snapshot {
    /// Adds one datagram of a dump; several dumps may follow each other into one snapshot.
    ///
    /// # Errors
    ///
    /// [`Malformed`], after which the snapshot is incomplete.
    pub fn read(&mut self, datagram: &[u8]) -> Result<Progress, Malformed> {
        let mut rest = datagram;
        while !rest.is_empty() {
            let message = NetlinkBuffer::new_checked(rest).map_err(|_| Malformed::Length)?;
            self.interrupted |= message.flags() & NLM_F_DUMP_INTR != 0;
            match message.message_type() {
                NLMSG_DONE | NLMSG_ERROR => return self.end(message.payload()),
                RTM_NEWLINK => self.read_link(message.payload())?,
                RTM_NEWADDR => self.read_address(message.payload())?,
                RTM_NEWROUTE => self.read_route(message.payload())?,
                _ => {}
            }
            let length = usize::try_from(message.length()).map_err(|_| Malformed::Length)?;
            rest = rest.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
        }
        Ok(Progress::More)
    }

    /// The link of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// `NLMSG_DONE` and `NLMSG_ERROR` both start with a negative errno, or 0.
    fn end(&mut self, payload: &[u8]) -> Result<Progress, Malformed> {
        let (code, _) = payload.split_first_chunk().ok_or(Malformed::Value)?;
        match i32::from_ne_bytes(*code) {
            0 if std::mem::take(&mut self.interrupted) => Ok(Progress::Interrupted),
            0 => Ok(Progress::Done),
            code => Ok(Progress::Refused(code.saturating_neg())),
        }
    }

    fn read_link(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
        // struct ifinfomsg: family, padding, type; then index, flags, change mask.
        let [_, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, _, _, _, _]: [u8; 16] = *header;
        let mut name = None;
        let mut state = OPER_UNKNOWN;
        for_each_attribute(attributes, |kind, value| {
            match kind {
                IFLA_IFNAME => name = device_name(value),
                IFLA_OPERSTATE => state = *value.first().ok_or(Malformed::Value)?,
                _ => {}
            }
            Ok(())
        })?;
        // A name that is not UTF-8 cannot be configured either.
        let Some(name) = name else { return Ok(()) };
        let link = Link {
            index: u32::from_ne_bytes([i0, i1, i2, i3]),
            name,
            up: u32::from_ne_bytes([f0, f1, f2, f3]) & IFF_UP != 0,
            carrier: !matches!(state, OPER_NOT_PRESENT | OPER_DOWN | OPER_LOWER_LAYER_DOWN),
        };
        push(&mut self.links, link, MAX_LINKS, "links")
    }

    fn read_address(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
        // struct ifaddrmsg
        let [family, prefix_length, flags, scope, i0, i1, i2, i3]: [u8; 8] = *header;
        let Some(family) = family_of(family) else { return Ok(()) };
        let (mut own, mut peer) = (None, None);
        let mut flags = u32::from(flags);
        let mut preferred_seconds = FOREVER;
        for_each_attribute(attributes, |kind, value| {
            match kind {
                IFA_LOCAL => own = Some(ip(value, family)?),
                IFA_ADDRESS => peer = Some(ip(value, family)?),
                // The header has room for 8 of the 32 bits only.
                IFA_FLAGS => flags = u32_of(value)?,
                // struct ifa_cacheinfo starts with the preferred lifetime.
                IFA_CACHEINFO => preferred_seconds = first_u32_of(value)?,
                _ => {}
            }
            Ok(())
        })?;
        // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL our end; without a peer
        // IPv6 sends IFA_ADDRESS alone.
        let Some(address) = own.or(peer) else { return Ok(()) };
        let link = u32::from_ne_bytes([i0, i1, i2, i3]);
        let address = Address { link, address, prefix_length, scope, flags, preferred_seconds };
        push(&mut self.addresses, address, MAX_ADDRESSES, "addresses")
    }

    fn read_route(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
        // struct rtmsg. A source prefix is no hindrance: OpenWrt's IPv6 default routes have one.
        let [family, to_length, _, _, table, _, _, kind, _, _, _, _]: [u8; 12] = *header;
        let Some(family) = family_of(family) else { return Ok(()) };
        if to_length != 0 || kind != RTN_UNICAST {
            return Ok(());
        }
        let mut table = u32::from(table);
        let mut metric = 0;
        let mut hops = heapless::Vec::<u32, MAX_HOPS>::new();
        for_each_attribute(attributes, |kind, value| {
            match kind {
                RTA_TABLE => table = u32_of(value)?,
                RTA_PRIORITY => metric = u32_of(value)?,
                RTA_OIF => hops.push(u32_of(value)?).map_err(|_| TOO_MANY_HOPS)?,
                RTA_MULTIPATH => read_hops(value, &mut hops)?,
                _ => {}
            }
            Ok(())
        })?;
        if table != RT_TABLE_MAIN {
            return Ok(());
        }
        hops.iter().try_for_each(|&link| {
            let route = DefaultRoute { family, link, metric };
            push(&mut self.default_routes, route, MAX_DEFAULT_ROUTES, "default routes")
        })
    }
}

/// Whether a notification may change which address is selected; `head` is at least its first 32
/// bytes. Of routes only the default ones do; whatever cannot be read counts as a change.
#[must_use]
pub fn concerns_addresses(head: &[u8]) -> bool {
    let kind = head.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    match kind {
        // The prefix length of the destination is the second byte of struct rtmsg.
        Some(RTM_NEWROUTE | RTM_DELROUTE) => head.get(17).is_none_or(|&length| length == 0),
        _ => true,
    }
}

fn push<T>(list: &mut Vec<T>, item: T, limit: usize, what: &'static str) -> Result<(), Malformed> {
    if list.len() >= limit {
        return Err(Malformed::TooMany(what));
    }
    list.push(item);
    Ok(())
}

fn for_each_attribute(
    bytes: &[u8],
    mut take: impl FnMut(u16, &[u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    for attribute in NlasIterator::new(bytes) {
        let attribute = attribute.map_err(|_| Malformed::Length)?;
        take(attribute.kind(), attribute.value())?;
    }
    Ok(())
}

/// The devices of `struct rtnexthop`s: length, flags, weight, device; then attributes.
fn read_hops(mut bytes: &[u8], hops: &mut heapless::Vec<u32, MAX_HOPS>) -> Result<(), Malformed> {
    while !bytes.is_empty() {
        let (header, _) = bytes.split_first_chunk().ok_or(Malformed::Length)?;
        let [l0, l1, _, _, i0, i1, i2, i3]: [u8; 8] = *header;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        if length < header.len() || length > bytes.len() {
            return Err(Malformed::Length);
        }
        hops.push(u32::from_ne_bytes([i0, i1, i2, i3])).map_err(|_| TOO_MANY_HOPS)?;
        bytes = bytes.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
    }
    Ok(())
}

fn family_of(number: u8) -> Option<Family> {
    match number {
        AF_INET => Some(Family::Ipv4),
        AF_INET6 => Some(Family::Ipv6),
        _ => None,
    }
}

fn ip(value: &[u8], family: Family) -> Result<IpAddr, Malformed> {
    parse_ip(value).ok().filter(|&ip| Family::of(ip) == family).ok_or(Malformed::Value)
}

fn u32_of(value: &[u8]) -> Result<u32, Malformed> {
    parse_u32(value).map_err(|_| Malformed::Value)
}

fn first_u32_of(value: &[u8]) -> Result<u32, Malformed> {
    u32_of(value.get(..4).ok_or(Malformed::Value)?)
}

fn device_name(value: &[u8]) -> Option<DeviceName> {
    let name = value.split(|&byte| byte == 0).next()?;
    std::str::from_utf8(name).ok()?.try_into().ok()
}

/// More next hops than this in one route are refused.
const MAX_HOPS: usize = 64;
const TOO_MANY_HOPS: Malformed = Malformed::TooMany("next hops of a default route");

// From <linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>, <net/if.h>; the numbers are the
// same on every architecture.
pub(crate) const RTM_NEWLINK: u16 = 16;
pub(crate) const RTM_GETLINK: u16 = 18;
pub(crate) const RTM_NEWADDR: u16 = 20;
pub(crate) const RTM_GETADDR: u16 = 22;
pub(crate) const RTM_NEWROUTE: u16 = 24;
pub(crate) const RTM_DELROUTE: u16 = 25;
pub(crate) const RTM_GETROUTE: u16 = 26;
const ALIGNMENT: usize = 4;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_OPERSTATE: u16 = 16;
const OPER_UNKNOWN: u8 = 0;
const OPER_NOT_PRESENT: u8 = 1;
const OPER_DOWN: u8 = 2;
const OPER_LOWER_LAYER_DOWN: u8 = 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const FOREVER: u32 = u32::MAX;
const RTN_UNICAST: u8 = 1;
const RT_TABLE_MAIN: u32 = 254;
const RTA_OIF: u16 = 4;
const RTA_PRIORITY: u16 = 6;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
