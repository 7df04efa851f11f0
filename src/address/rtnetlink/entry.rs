//! One message of a dump -> one entry, or `None` for what is of no use here.

use super::wire::{
    self, FOREVER, IFA_ADDRESS, IFA_CACHEINFO, IFA_FLAGS, IFA_LOCAL, IFA_PROTO, IFF_UP,
    IFLA_IFNAME, IFLA_LINKINFO, IFLA_OPERSTATE, OPER_DOWN, OPER_LOWER_LAYER_DOWN, OPER_NOT_PRESENT,
    OPER_UNKNOWN, RT_TABLE_MAIN, RTA_GATEWAY, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PREFSRC,
    RTA_PRIORITY, RTA_TABLE, RTN_UNICAST, RTNH_F_DEAD, RTPROT_RA, device_name, family_of,
    for_each_attribute, for_each_hop, ip, u32_of, u32s_of,
};
use super::{Address, Family, Link, Malformed, Way};
use std::net::IpAddr;

/// So many devices of the next hops of one route are kept.
pub const MAX_HOPS: usize = 64;

/// A default route, and the devices of its next hops.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) family: Family,
    pub(super) metric: u32,
    pub(super) is_advertised: bool,
    pub(super) hops: Hops,
    /// It only names a next-hop object (`nexthop_compat_mode` is off).
    pub(super) by_object: bool,
}

/// The next hops by one device.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) link: u32,
    /// The first that is named.
    pub(super) gateway: Option<IpAddr>,
    pub(super) count: u32,
    /// None of them is used: the device is down, or without a carrier and routes by it are ignored
    /// then (`ignore_routes_with_linkdown`).
    pub(super) is_dead: bool,
}

/// The devices that the next hops of a route leave by, none twice.
#[derive(Debug, Default)]
pub(super) struct Hops {
    pub(super) links: heapless::Vec<Hop, MAX_HOPS>,
    /// Next hops by further devices.
    pub(super) left_out: u32,
}

impl Hops {
    fn add(&mut self, link: u32, flags: u8, gateway: Option<IpAddr>) {
        let is_dead = flags & RTNH_F_DEAD != 0;
        if let Some(hop) = self.links.iter_mut().find(|hop| hop.link == link) {
            hop.count += 1;
            hop.gateway = hop.gateway.or(gateway);
            hop.is_dead &= is_dead;
        } else if self.links.push(Hop { link, gateway, count: 1, is_dead }).is_err() {
            self.left_out += 1;
        }
    }
}

pub(super) fn link(payload: &[u8]) -> Result<Option<Link>, Malformed> {
    let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
    // struct ifinfomsg: family, padding, type; then index, flags, change mask.
    let [_, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, _, _, _, _]: [u8; 16] = *header;
    let mut name = None;
    let (mut state, mut is_tunnel) = (OPER_UNKNOWN, false);
    let read = for_each_attribute(attributes, |kind, value| {
        match kind {
            IFLA_IFNAME => name = device_name(value),
            IFLA_LINKINFO => is_tunnel = wire::is_tunnel(value),
            IFLA_OPERSTATE => state = *value.first().ok_or(Malformed::Value)?,
            _ => {}
        }
        Ok(())
    });
    // A link has some fifty kinds of attribute, nested and of any origin (an emulator leaves an
    // empty one in the wrong byte order): what does not parse behind the name takes no line down.
    if name.is_none() {
        read?;
    }
    // A name that is not UTF-8 cannot be configured either.
    Ok(name.map(|name| Link {
        index: u32::from_ne_bytes([i0, i1, i2, i3]),
        name,
        up: u32::from_ne_bytes([f0, f1, f2, f3]) & IFF_UP != 0,
        carrier: !matches!(state, OPER_NOT_PRESENT | OPER_DOWN | OPER_LOWER_LAYER_DOWN),
        is_tunnel,
    }))
}

pub(super) fn address(payload: &[u8]) -> Result<Option<Address>, Malformed> {
    let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
    // struct ifaddrmsg
    let [family, prefix_length, flags, scope, i0, i1, i2, i3]: [u8; 8] = *header;
    let Some(family) = family_of(family) else { return Ok(None) };
    let (mut own, mut peer) = (None, None);
    let mut flags = u32::from(flags);
    let (mut preferred_seconds, mut created, mut updated) = (FOREVER, 0, 0);
    let mut protocol = 0;
    for_each_attribute(attributes, |kind, value| {
        match kind {
            IFA_LOCAL => own = Some(ip(value, family)?),
            IFA_ADDRESS => peer = Some(ip(value, family)?),
            // The header has room for 8 of the 32 bits only.
            IFA_FLAGS => flags = u32_of(value)?,
            // struct ifa_cacheinfo; the second is the valid lifetime.
            IFA_CACHEINFO => [preferred_seconds, _, created, updated] = u32s_of(value)?,
            IFA_PROTO => protocol = *value.first().ok_or(Malformed::Value)?,
            _ => {}
        }
        Ok(())
    })?;
    // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL our end; without a peer IPv6
    // sends IFA_ADDRESS alone.
    let Some(address) = own.or(peer) else { return Ok(None) };
    // With a peer, the header's prefix length is about the peer's address.
    let prefix_length = match (peer.filter(|peer| *peer != address), family) {
        (None, _) => prefix_length,
        (Some(_), Family::Ipv4) => 32,
        (Some(_), Family::Ipv6) => 128,
    };
    let link = u32::from_ne_bytes([i0, i1, i2, i3]);
    Ok(Some(Address {
        link,
        address,
        prefix_length,
        scope,
        flags,
        preferred_seconds,
        created,
        updated,
        protocol,
    }))
}

/// `None` for other routes than the unicast default routes of table main.
pub(super) fn default_route(payload: &[u8]) -> Result<Option<Route>, Malformed> {
    let (header, attributes) = payload.split_first_chunk().ok_or(Malformed::Value)?;
    // struct rtmsg. A source prefix is no hindrance: OpenWrt's IPv6 default routes have one.
    let [family, to_length, _, _, table, protocol, _, kind, flags @ ..]: [u8; 12] = *header;
    let [dead, ..] = u32::from_ne_bytes(flags).to_le_bytes();
    let Some(family) = family_of(family) else { return Ok(None) };
    if to_length != 0 || kind != RTN_UNICAST {
        return Ok(None);
    }
    let mut table = u32::from(table);
    let (mut metric, mut has_object) = (0, false);
    let mut hops = Hops::default();
    let (mut link, mut gateway) = (None, None);
    for_each_attribute(attributes, |kind, value| {
        match kind {
            RTA_TABLE => table = u32_of(value)?,
            RTA_PRIORITY => metric = u32_of(value)?,
            RTA_OIF => link = Some(u32_of(value)?),
            RTA_GATEWAY => gateway = ip(value, family).ok(),
            RTA_MULTIPATH => for_each_hop(value, |link, flags, attributes| {
                hops.add(link, flags, gateway_of(attributes, family));
            })?,
            RTA_NH_ID => has_object = true,
            _ => {}
        }
        Ok(())
    })?;
    if let Some(link) = link {
        hops.add(link, dead, gateway);
    }
    let is_advertised = protocol == RTPROT_RA;
    let by_object = has_object && hops.links.is_empty();
    Ok((table == RT_TABLE_MAIN).then_some(Route { family, metric, is_advertised, hops, by_object }))
}

/// The router of one next hop among several; what cannot be read names none.
fn gateway_of(attributes: &[u8], family: Family) -> Option<IpAddr> {
    let mut gateway = None;
    let _ = for_each_attribute(attributes, |kind, value| {
        if kind == RTA_GATEWAY {
            gateway = ip(value, family).ok();
        }
        Ok(())
    });
    gateway
}

/// The kernel's answer to [`super::ask_way`].
pub(super) fn way(payload: &[u8]) -> Result<Way, Malformed> {
    let (header, attributes) = payload.split_first_chunk::<12>().ok_or(Malformed::Value)?;
    let family = family_of(header[0]).ok_or(Malformed::Value)?;
    let (mut link, mut source, mut gateway) = (None, None, None);
    for_each_attribute(attributes, |kind, value| {
        match kind {
            RTA_OIF => link = Some(u32_of(value)?),
            RTA_PREFSRC => source = Some(ip(value, family)?),
            RTA_GATEWAY => gateway = ip(value, family).ok(),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Way { link: link.ok_or(Malformed::Value)?, source, gateway })
}
