//! rtnetlink bytes -> links, addresses and default routes.
//!
//! Only the framing comes from a crate; of each message just the fixed header and the few
//! attributes that decide are read, so unknown kinds of links or routes cost nothing. Everything is
//! in the byte order of the machine (rtnetlink(7)), except the addresses.

mod entry;
mod keep;
mod way;
mod wire;

use std::fmt;
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer};

pub use self::way::{Way, ask_way, read_way};
pub use self::wire::FOREVER;
use self::wire::{ALIGNMENT, RTM_DELROUTE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE};
use super::{DeviceName, Family};

pub use self::entry::MAX_HOPS;
pub use self::keep::{Excess, MAX_ADDRESSES, MAX_ADDRESSES_IN_ALL, MAX_DEFAULT_ROUTES, MAX_LINKS};
pub(crate) use self::wire::{
    IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE,
};

/// What the kernel says about links, addresses and default routes; filled by [`Snapshot::read`].
///
/// It stays small whatever the kernel holds: see [`Snapshot::excess`] and [`Snapshot::lacks`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The devices, in the kernel's order.
    pub links: Vec<Link>,
    /// The addresses of both families, in the kernel's order (the order of source selection).
    pub addresses: Vec<Address>,
    /// Unicast default routes of table main; one entry for each device of its next hops.
    pub default_routes: Vec<DefaultRoute>,
    /// How a packet to the internet would leave by each device that was asked about.
    pub ways: Vec<Way>,
    /// Families that have a default route by a next-hop object, and its metric.
    pub by_object: Vec<(Family, u32)>,
    /// What was left out.
    pub excess: Excess,
    /// Devices that have room when the others have not, beside those of the default routes.
    wanted: Vec<DeviceName>,
    /// [`Link::index`] of the devices that have.
    preferred: Vec<u32>,
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
    /// Leads through another device to a far end: a VPN, mostly.
    pub is_tunnel: bool,
}

/// An address of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// [`Link::index`] of its device.
    pub link: u32,
    /// The device's own address, also on point-to-point links (never the peer's).
    pub address: IpAddr,
    /// Bits of its on-link prefix; all of them if the link leads to one peer.
    pub prefix_length: u8,
    /// How far it is valid; 0 is global (`RT_SCOPE_UNIVERSE`).
    pub scope: u8,
    /// `IFA_F_*`, all 32 bits.
    pub flags: u32,
    /// Seconds it stays preferred; [`FOREVER`] has no end.
    pub preferred_seconds: u32,
    /// When it was made, in hundredths of a second since boot (`cstamp`).
    pub created: u32,
    /// When its lifetimes were last set, likewise (`tstamp`).
    pub updated: u32,
    /// Who made it (`IFA_PROTO`, since Linux 5.18); 0 if that is not known.
    pub protocol: u8,
}

/// A next hop of a default route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRoute {
    /// IPv4 or IPv6.
    pub family: Family,
    /// [`Link::index`] of the device it leaves by.
    pub link: u32,
    /// The router it leads to; none on a point-to-point link, or if that has an address of the
    /// other family.
    pub gateway: Option<IpAddr>,
    /// Lower wins.
    pub metric: u32,
    /// A router advertised itself (`RTPROT_RA`).
    pub is_advertised: bool,
    /// Next hops of the route by this device.
    pub hops: u32,
    /// The kernel does not use it now.
    pub is_dead: bool,
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

/// `IFA_F_PERMANENT`: its lifetime does not end.
pub const PERMANENT: u32 = 0x80;
/// `IFA_F_NOPREFIXROUTE`: a program made it, and takes care of the route.
pub const NO_PREFIX_ROUTE: u32 = 0x200;
/// `IFAPROT_KERNEL_RA`: the kernel made it from an advertisement.
pub const FROM_ADVERTISEMENT: u8 = 2;

/// `RT_SCOPE_UNIVERSE`.
pub const SCOPE_GLOBAL: u8 = 0;

/// `struct nlmsghdr`.
const HEADER: usize = 16;

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

/// Bytes that are no rtnetlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A message or attribute does not fit into what holds it.
    Length,
    /// A fixed header or the value of an attribute is too short or too long.
    Value,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("a netlink message or attribute has an impossible length"),
            Self::Value => f.write_str("a netlink message holds a value of the wrong size"),
        }
    }
}

impl std::error::Error for Malformed {}

impl Snapshot {
    /// An empty one that will have room for these devices, however many others there are.
    #[must_use]
    pub fn wanting(devices: &[DeviceName]) -> Self {
        Self { wanted: devices.to_vec(), ..Self::default() }
    }

    /// Adds one datagram of a dump; several dumps may follow each other into one snapshot, routes
    /// before links before addresses, so that it is known what must not be left out.
    ///
    /// An entry that cannot be read is passed over and counted: it takes no other one down.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is not clear where the next message begins.
    pub fn read(&mut self, datagram: &[u8]) -> Result<Progress, Malformed> {
        let mut rest = datagram;
        while !rest.is_empty() {
            let message = NetlinkBuffer::new_checked(rest).map_err(|_| Malformed::Length)?;
            self.interrupted |= message.flags() & NLM_F_DUMP_INTR != 0;
            let payload = message.payload();
            let read = match message.message_type() {
                NLMSG_DONE | NLMSG_ERROR => return self.end(payload),
                RTM_NEWLINK => entry::link(payload).map(|link| self.keep_link(link)),
                RTM_NEWADDR => entry::address(payload).map(|address| self.keep_address(address)),
                RTM_NEWROUTE => entry::default_route(payload).map(|route| self.keep_route(route)),
                _ => Ok(()),
            };
            self.excess.unreadable += u32::from(read.is_err());
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

#[cfg(test)]
mod tests {
    use super::wire::*;
    use super::*;

    /// A message in the byte order of this machine.
    fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(16 + payload.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(4 + value.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes
    }

    fn link(index: u32, flags: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
        let header = [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), [0; 4]].concat();
        message(RTM_NEWLINK, 0, &[header, attributes.concat()].concat())
    }

    fn address(family: u8, header_flags: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
        let header = [vec![family, 24, header_flags, 0], 7_u32.to_ne_bytes().to_vec()].concat();
        message(RTM_NEWADDR, 0, &[header, attributes.concat()].concat())
    }

    fn route([to, table, kind]: [u8; 3], attributes: &[Vec<u8>]) -> Vec<u8> {
        let header = vec![AF_INET6, to, 60, 0, table, 0, 0, kind, 0, 0, 0, 0];
        message(RTM_NEWROUTE, 0, &[header, attributes.concat()].concat())
    }

    fn hop(link: u32, attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(8 + attributes.len()).unwrap();
        [&length.to_ne_bytes(), [0; 2].as_slice(), &link.to_ne_bytes(), attributes].concat()
    }

    fn number(value: u32) -> [u8; 4] {
        value.to_ne_bytes()
    }

    fn read(datagram: &[u8]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        assert_eq!(snapshot.read(datagram), Ok(Progress::More));
        snapshot
    }

    #[test]
    fn a_link_is_up_and_has_a_carrier_as_the_kernel_says() {
        for (flags, state, up, carrier) in [
            (0, OPER_DOWN, false, false),
            (IFF_UP, OPER_DOWN, true, false),
            (IFF_UP, OPER_LOWER_LAYER_DOWN, true, false),
            (IFF_UP, OPER_NOT_PRESENT, true, false),
            (IFF_UP, OPER_UNKNOWN, true, true),
            (IFF_UP | 0x1_0040, 6, true, true),
        ] {
            let name = attribute(IFLA_IFNAME, b"pppoe-wan\0");
            let state = attribute(IFLA_OPERSTATE, &[state]);
            let snapshot = read(&link(3, flags, &[name, attribute(99, b"ignored"), state]));
            let name = "pppoe-wan".try_into().unwrap();
            let expected = Link { index: 3, name, up, carrier, is_tunnel: false };
            assert_eq!(snapshot.links, [expected]);
            assert_eq!(snapshot.link("pppoe-wan"), snapshot.links.first());
            assert_eq!(snapshot.link("pppoe"), None);
        }
    }

    #[test]
    fn a_tunnel_is_told_by_its_kind() {
        for (kind, is_tunnel) in
            [(&b"wireguard\0"[..], true), (b"tun", true), (b"ppp", false), (b"veth", false)]
        {
            let kind = attribute(IFLA_INFO_KIND, kind);
            let info = attribute(IFLA_LINKINFO, &kind);
            let snapshot = read(&link(3, IFF_UP, &[attribute(IFLA_IFNAME, b"vpn0\0"), info]));
            assert_eq!(snapshot.links[0].is_tunnel, is_tunnel);
        }
    }

    #[test]
    fn a_link_whose_name_nobody_can_write_is_left_out() {
        for name in [b"wan\xff\0".as_slice(), b"sixteen-letters-\0"] {
            let links = read(&link(3, 0, &[attribute(IFLA_IFNAME, name)])).links;
            assert_eq!(links, []);
        }
    }

    #[test]
    fn the_local_end_is_the_address_and_the_peer_is_not() {
        let own = attribute(IFA_LOCAL, &[81, 2, 69, 10]);
        let peer = attribute(IFA_ADDRESS, &[10, 64, 0, 1]);
        let same = attribute(IFA_ADDRESS, &[81, 2, 69, 10]);
        for (attributes, address_read, prefix_length) in [
            (vec![peer.clone(), own.clone()], "81.2.69.10", 32),
            (vec![own.clone(), peer.clone()], "81.2.69.10", 32),
            (vec![same, own], "81.2.69.10", 24),
            (vec![peer], "10.64.0.1", 24),
        ] {
            let snapshot = read(&address(AF_INET, 0, &attributes));
            let [read] = snapshot.addresses.as_slice() else { panic!("{snapshot:?}") };
            assert_eq!(read.address, address_read.parse::<IpAddr>().unwrap());
            assert_eq!((read.prefix_length, read.link), (prefix_length, 7));
        }
    }

    #[test]
    fn the_long_flags_win_over_the_short_ones() {
        let own = attribute(IFA_ADDRESS, &[0x2a; 16]);
        let long = attribute(IFA_FLAGS, &number(0x100 | DEPRECATED));
        let life = [number(1800), [9; 4], number(100), number(200)].concat();
        let life = attribute(IFA_CACHEINFO, &life);
        let plain = read(&address(AF_INET6, 0x40, std::slice::from_ref(&own)));
        assert_eq!(
            (plain.addresses[0].flags, plain.addresses[0].preferred_seconds),
            (0x40, FOREVER)
        );
        let full = read(&address(AF_INET6, 0x40, &[own, long, life]));
        assert_eq!((full.addresses[0].flags, full.addresses[0].preferred_seconds), (0x120, 1800));
        assert_eq!((full.addresses[0].created, full.addresses[0].updated), (100, 200));
    }

    #[test]
    fn only_unicast_default_routes_of_table_main_are_kept() {
        let device = attribute(RTA_OIF, &number(4));
        let metric = attribute(RTA_PRIORITY, &number(512));
        let main = attribute(RTA_TABLE, &number(254));
        let other = attribute(RTA_TABLE, &number(1000));
        let hops =
            attribute(RTA_MULTIPATH, &[hop(5, &attribute(5, &[0; 16])), hop(6, &[])].concat());
        for (header, attributes, kept) in [
            ([0, 254, RTN_UNICAST], vec![device.clone(), metric.clone()], vec![(4, 512)]),
            ([0, 254, RTN_UNICAST], vec![device.clone()], vec![(4, 0)]),
            ([0, 0, RTN_UNICAST], vec![device.clone(), main], vec![(4, 0)]),
            ([0, 254, RTN_UNICAST], vec![metric, hops], vec![(5, 512), (6, 512)]),
            ([0, 252, RTN_UNICAST], vec![device.clone(), other], vec![]),
            ([0, 253, RTN_UNICAST], vec![device.clone()], vec![]),
            ([64, 254, RTN_UNICAST], vec![device.clone()], vec![]),
            ([0, 254, 7], vec![device], vec![]),
        ] {
            let routes = read(&route(header, &attributes)).default_routes;
            let routes: Vec<_> = routes.iter().map(|route| (route.link, route.metric)).collect();
            assert_eq!(routes, kept, "{header:?}");
        }
    }

    #[test]
    fn the_router_of_a_default_route_is_that_of_its_own_family() {
        let v4 = |router: &[Vec<u8>]| {
            let header = vec![AF_INET, 0, 0, 0, 254, 0, 0, RTN_UNICAST, 0, 0, 0, 0];
            let routes = message(RTM_NEWROUTE, 0, &[header, router.concat()].concat());
            read(&routes).default_routes.into_iter().map(|route| route.gateway).collect::<Vec<_>>()
        };
        let device = attribute(RTA_OIF, &number(4));
        let [one, two] = [[192, 168, 1, 1], [192, 168, 1, 2]];
        let router = |address: &[u8]| attribute(RTA_GATEWAY, address);
        assert_eq!(v4(&[device.clone(), router(&one)]), [Some(one.into())]);
        // The kernel does not promise an order.
        assert_eq!(v4(&[router(&one), device.clone()]), [Some(one.into())]);
        assert_eq!(v4(std::slice::from_ref(&device)), [None]);
        // RTA_VIA, the family of the address before it: a router that is reached over IPv6.
        let via = attribute(18, &[&[10, 0][..], &[0xfe; 16]].concat());
        assert_eq!(v4(&[device.clone(), via]), [None]);
        assert_eq!(v4(&[device, router(&[0xfe; 16])]), [None]);
        let hops = [hop(5, &router(&one)), hop(5, &router(&two)), hop(6, &[]), hop(6, &[1])];
        assert_eq!(v4(&[attribute(RTA_MULTIPATH, &hops[..3].concat())]), [Some(one.into()), None]);
        let odd = hop(7, &[9, 0, 5, 0]);
        assert_eq!(v4(&[attribute(RTA_MULTIPATH, &odd)]), [None]);
    }

    #[test]
    fn other_families_and_messages_are_passed_over() {
        let bridge = address(7, 0, &[attribute(IFA_LOCAL, &[1, 2, 3])]);
        let unknown = message(99, 0, b"anything");
        assert_eq!(read(&[bridge, unknown].concat()), Snapshot::default());
    }

    #[test]
    fn a_dump_ends_as_the_kernel_says() {
        let done = |flags| message(NLMSG_DONE, flags, &number(0));
        let end = |datagram: &[u8]| Snapshot::default().read(datagram);
        assert_eq!(end(&done(0)), Ok(Progress::Done));
        assert_eq!(end(&done(NLM_F_DUMP_INTR)), Ok(Progress::Interrupted));
        let refused = (-1_i32).to_ne_bytes();
        assert_eq!(end(&message(NLMSG_ERROR, 0, &refused)), Ok(Progress::Refused(1)));
        assert_eq!(end(&message(NLMSG_DONE, 0, &refused)), Ok(Progress::Refused(1)));
        assert_eq!(end(&message(NLMSG_DONE, 0, b"")), Err(Malformed::Value));
    }

    #[test]
    fn an_interruption_in_the_middle_is_told_at_the_end_and_once() {
        let mut snapshot = Snapshot::default();
        let done = message(NLMSG_DONE, 0, &number(0));
        assert_eq!(snapshot.read(&message(99, NLM_F_DUMP_INTR, b"")), Ok(Progress::More));
        assert_eq!(snapshot.read(&message(99, 0, b"")), Ok(Progress::More));
        assert_eq!(snapshot.read(&done), Ok(Progress::Interrupted));
        assert_eq!(snapshot.read(&done), Ok(Progress::Done));
    }

    #[test]
    fn a_link_is_known_by_its_name_whatever_stands_behind_it() {
        let torn = link(1, 0, &[attribute(IFLA_IFNAME, b"wan\0"), vec![0, 4, 0, 0x40]]);
        let mut snapshot = Snapshot::default();
        assert_eq!(snapshot.read(&torn), Ok(Progress::More));
        assert!(snapshot.link("wan").is_some());
    }

    #[test]
    fn a_message_of_impossible_length_is_an_error() {
        for datagram in [vec![0; 16], vec![1]] {
            assert_eq!(Snapshot::default().read(&datagram), Err(Malformed::Length), "{datagram:?}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_takes_no_other_one_down() {
        let good = address(AF_INET, 0, &[attribute(IFA_LOCAL, &[81, 2, 69, 10])]);
        for odd in [
            route([0, 254, RTN_UNICAST], &[attribute(RTA_MULTIPATH, &[0; 8])]),
            route([0, 254, RTN_UNICAST], &[attribute(RTA_MULTIPATH, &[0xff; 8])]),
            address(AF_INET, 0, &[vec![0; 4]]),
            message(RTM_NEWLINK, 0, &[0; 15]),
            message(RTM_NEWADDR, 0, &[0; 7]),
            message(RTM_NEWROUTE, 0, &[0; 11]),
            link(1, 0, &[attribute(IFLA_OPERSTATE, b"")]),
            address(AF_INET, 0, &[attribute(IFA_LOCAL, &[0; 16])]),
            address(AF_INET6, 0, &[attribute(IFA_ADDRESS, &[0; 4])]),
            address(AF_INET6, 0, &[attribute(IFA_FLAGS, &[0; 3])]),
            address(AF_INET6, 0, &[attribute(IFA_CACHEINFO, &[0; 3])]),
            route([0, 254, RTN_UNICAST], &[attribute(RTA_OIF, &[0; 2])]),
        ] {
            let snapshot = read(&[&good[..], &odd, &good].concat());
            assert_eq!(snapshot.addresses.len(), 2, "{odd:?}");
            assert!(snapshot.links.is_empty() && snapshot.default_routes.is_empty(), "{odd:?}");
            assert_eq!(snapshot.excess.unreadable, 1, "{odd:?}");
        }
    }

    fn named(index: u32, name: &str) -> Vec<u8> {
        link(index, IFF_UP, &[attribute(IFLA_IFNAME, name.as_bytes())])
    }

    fn at(link: u32) -> Vec<u8> {
        let header = [vec![AF_INET, 24, 0, 0], link.to_ne_bytes().to_vec()].concat();
        message(RTM_NEWADDR, 0, &[header, attribute(IFA_LOCAL, &[81, 2, 69, 10])].concat())
    }

    /// 5,000 devices of an address each; of the last three one has the default route.
    fn crowded(wanted: &[DeviceName]) -> Snapshot {
        let mut snapshot = Snapshot::wanting(wanted);
        let way = route([0, 254, RTN_UNICAST], &[attribute(RTA_OIF, &number(5002))]);
        let others = (1..=5000).flat_map(|index| named(index, &format!("d{index}")));
        let last = [named(5001, "other"), named(5002, "way"), named(5003, "wanted")].concat();
        let addresses = (1..=5003).flat_map(at);
        let all: Vec<u8> = way.into_iter().chain(others).chain(last).chain(addresses).collect();
        assert_eq!(snapshot.read(&all), Ok(Progress::More));
        snapshot
    }

    #[test]
    fn what_is_wanted_and_the_default_routes_have_room_among_thousands() {
        let wanted = [DeviceName::try_from("wanted").unwrap()];
        let snapshot = crowded(&wanted);
        assert_eq!((snapshot.links.len(), snapshot.addresses.len()), (4098, 4098));
        assert_eq!((snapshot.excess.links, snapshot.excess.addresses), (905, 905));
        for (name, kept, lacks) in [("way", true, false), ("wanted", true, false)] {
            let link = snapshot.link(name);
            assert_eq!(link.is_some(), kept, "{name}");
            let has = |address: &Address| Some(address.link) == link.map(|link| link.index);
            assert_eq!(snapshot.addresses.iter().any(has), kept, "{name}");
            assert_eq!(snapshot.lacks(name), lacks, "{name}");
        }
        // Of those left out, and of those that were not wanted, nothing can be said.
        for name in ["other", "d1", "d5000", "not-there"] {
            assert!(snapshot.lacks(name), "{name}");
        }
        let other = [DeviceName::try_from("other").unwrap()];
        assert!(crowded(&other).link("other").is_some());
    }

    #[test]
    fn a_snapshot_that_is_whole_lacks_nothing() {
        let snapshot = read(&[named(1, "wan"), at(1)].concat());
        assert!(!snapshot.lacks("wan") && !snapshot.lacks("not-there"));
        assert_eq!(snapshot.excess, Excess::default());
    }

    #[test]
    fn also_what_is_wanted_has_a_limit() {
        let wanted = [DeviceName::try_from("wanted").unwrap()];
        let mut snapshot = crowded(&wanted);
        snapshot.read(&at(5003).repeat(MAX_ADDRESSES_IN_ALL)).unwrap();
        assert_eq!(snapshot.addresses.len(), MAX_ADDRESSES_IN_ALL);
    }

    #[test]
    fn next_hops_by_one_device_are_one_and_the_excess_is_left_out() {
        let many = |hop: &dyn Fn(usize) -> u32| {
            let hops: Vec<u8> = (0..MAX_HOPS + 3).flat_map(|n| self::hop(hop(n), &[])).collect();
            read(&route([0, 254, RTN_UNICAST], &[attribute(RTA_MULTIPATH, &hops)]))
        };
        let same = many(&|n| 5 + u32::try_from(n % 2).unwrap());
        let links: Vec<u32> = same.default_routes.iter().map(|route| route.link).collect();
        assert_eq!((links, same.excess.default_routes), (vec![5, 6], 0));
        let different = many(&|n| u32::try_from(n).unwrap());
        assert_eq!(different.default_routes.len(), MAX_HOPS);
        assert_eq!(different.excess.default_routes, 3);
    }

    #[test]
    fn of_too_many_default_routes_those_of_the_lowest_metric_are_kept() {
        let one = |metric: u32| {
            let attributes =
                [attribute(RTA_OIF, &number(metric)), attribute(RTA_PRIORITY, &number(metric))];
            route([0, 254, RTN_UNICAST], &attributes)
        };
        let snapshot = read(&(1..=1000).rev().flat_map(one).collect::<Vec<u8>>());
        assert_eq!(snapshot.default_routes.len(), MAX_DEFAULT_ROUTES);
        assert_eq!(snapshot.excess.default_routes, 1000 - 256);
        assert!(snapshot.default_routes.iter().all(|route| route.metric <= 256));
    }

    #[test]
    fn of_routes_only_default_ones_concern_addresses() {
        for (notification, concerns) in [
            (link(1, 0, &[]), true),
            (address(AF_INET, 0, &[]), true),
            (route([0, 254, RTN_UNICAST], &[]), true),
            (route([64, 254, RTN_UNICAST], &[]), false),
            (message(RTM_DELROUTE, 0, &[AF_INET, 32]), false),
            (message(RTM_DELROUTE, 0, &[AF_INET, 0]), true),
            (message(RTM_DELROUTE, 0, &[]), true),
            (vec![1, 2, 3], true),
        ] {
            assert_eq!(concerns_addresses(&notification), concerns, "{notification:?}");
        }
    }
}
