//! netifd's answer to `status`: is the interface up, by which device, with which prefixes.

use std::net::{IpAddr, Ipv6Addr};

use super::blob::{Fields, Value, find};
use super::{Malformed, Translated};
use crate::net::{DeviceName, MAX_NAME_SERVERS};

/// The name of a logical interface, with room for a configured one and the suffix of a sibling.
pub type InterfaceName = heapless::String<40>;

/// Delegated prefixes kept of one interface; further ones are left out.
pub const MAX_PREFIXES: usize = 4;
/// Networks kept that one delegated prefix is shared out to; further ones are left out.
pub const MAX_DOWNSTREAM: usize = 8;
/// Addresses kept that prefixes gave to one interface; further ones are left out.
pub const MAX_ASSIGNED: usize = 8;

/// Addresses kept of one interface; further ones are left out.
const MAX_OWN: usize = 256;

/// What netifd says about one logical interface; whether an address is fit to be published is for
/// the kernel to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceStatus {
    /// It is connected.
    pub up: bool,
    /// It is being connected.
    pub pending: bool,
    /// The device that carries its addresses (`pppoe-wan`, not `eth0`); only named when up.
    pub l3_device: Option<DeviceName>,
    /// The prefixes delegated to it (`ipv6-prefix`); an uplink has them.
    pub prefixes: heapless::Vec<Delegated, MAX_PREFIXES>,
    /// The router's own addresses out of prefixes given to other interfaces
    /// (`ipv6-prefix-assignment`); `lan` has them.
    pub assigned: heapless::Vec<Ipv6Addr, MAX_ASSIGNED>,
    /// The name servers of its line (`dns-server`); further ones are left out.
    pub dns: heapless::Vec<IpAddr, MAX_NAME_SERVERS>,
    /// Its own addresses of both families (`ipv4-address`, `ipv6-address`), as its protocol set
    /// them: another interface on the same device has others.
    pub own: Vec<IpAddr>,
    /// The address that IPv4 inside IPv6 comes out with (`data.firewall`).
    pub translated: Option<Translated>,
}

/// A prefix that the provider delegated, and the networks it is shared out to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegated {
    /// The prefix as delegated, often a /56.
    pub prefix: Prefix,
    /// Seconds that it is still preferred: 0 after renumbering, [`u32::MAX`] without a limit.
    pub preferred_seconds: u32,
    /// The networks, in netifd's order.
    pub downstream: heapless::Vec<Downstream, MAX_DOWNSTREAM>,
}

/// A logical interface, often `lan`, and its part of a delegated prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downstream {
    /// The logical interface.
    pub interface: InterfaceName,
    /// Its part, often a /60 or a /64.
    pub subnet: Prefix,
}

/// An IPv6 prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Its first address.
    pub address: Ipv6Addr,
    /// Its length in bits, at most 128.
    pub length: u8,
}

impl Prefix {
    /// Whether the address lies in this prefix.
    #[must_use]
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        let host_bits = 128_u32.saturating_sub(u32::from(self.length));
        let differing = self.address.to_bits() ^ address.to_bits();
        differing.checked_shr(host_bits).unwrap_or(0) == 0
    }
}

impl InterfaceStatus {
    /// Reads the data of netifd's answer.
    ///
    /// # Errors
    /// It is not made of fields, has no `up`, or a field that is used holds no usable value.
    pub fn decode(data: &[u8]) -> Result<Self, Malformed> {
        let mut status = Self::default();
        let mut up = None;
        for field in Fields::new(data) {
            let field = field?;
            match (field.name, field.value) {
                (b"up", Value::Flag(value)) => up = Some(value),
                (b"pending", Value::Flag(value)) => status.pending = value,
                (b"l3_device", Value::Text(name)) => status.l3_device = Some(device(name)?),
                (b"ipv6-prefix", Value::Nested(list)) => {
                    gather(&mut status.prefixes, list, delegated)?;
                }
                (b"ipv6-prefix-assignment", Value::Nested(list)) => {
                    gather(&mut status.assigned, list, local_address)?;
                }
                (b"dns-server", Value::Nested(list)) => status.dns = servers(list)?,
                (b"data", Value::Nested(data)) => status.translated = Translated::decode(data),
                (b"ipv4-address" | b"ipv6-address", Value::Nested(list)) => {
                    gather_own(&mut status.own, list)?;
                }
                _ => {}
            }
        }
        status.up = up.ok_or(Malformed::Field("up"))?;
        Ok(status)
    }
}

/// What is no address is passed over: the line's own address does not depend on it.
fn servers(list: &[u8]) -> Result<heapless::Vec<IpAddr, MAX_NAME_SERVERS>, Malformed> {
    let mut servers = heapless::Vec::new();
    for field in Fields::new(list) {
        if let Value::Text(text) = field?.value
            && let Ok(server) = text.parse()
            && servers.push(server).is_err()
        {
            break;
        }
    }
    Ok(servers)
}

/// Whether [`InterfaceStatus::decode`] looks at the field of this name.
pub(super) fn is_used(name: &[u8]) -> bool {
    const USED: [&[u8]; 9] = [
        b"up",
        b"data",
        b"dns-server",
        b"pending",
        b"l3_device",
        b"ipv4-address",
        b"ipv6-address",
        b"ipv6-prefix",
        b"ipv6-prefix-assignment",
    ];
    USED.contains(&name)
}

fn device(name: &str) -> Result<DeviceName, Malformed> {
    DeviceName::try_from(name).map_err(|_| Malformed::Field("l3_device"))
}

/// What a table holds; `None` if it is to be passed over.
type Read<T> = Result<Option<T>, Malformed>;

/// Appends what `read` makes of each table in `list`, until `into` is full.
fn gather<T, const N: usize>(
    into: &mut heapless::Vec<T, N>,
    list: &[u8],
    read: fn(&[u8], &[u8]) -> Read<T>,
) -> Result<(), Malformed> {
    for field in Fields::new(list) {
        let field = field?;
        if let Value::Nested(table) = field.value
            && let Some(item) = read(field.name, table)?
            && into.push(item).is_err()
        {
            break;
        }
    }
    Ok(())
}

fn gather_own(into: &mut Vec<IpAddr>, list: &[u8]) -> Result<(), Malformed> {
    for field in Fields::new(list) {
        if let Value::Nested(table) = field?.value
            && let Some(Value::Text(text)) = find(table, b"address")?
            && into.len() < MAX_OWN
        {
            into.push(text.parse().map_err(|_| Malformed::Field("address"))?);
        }
    }
    Ok(())
}

fn delegated(_: &[u8], table: &[u8]) -> Read<Delegated> {
    let prefix = prefix(table)?;
    let preferred_seconds = match find(table, b"preferred")? {
        Some(Value::Number(seconds)) => seconds,
        _ => u32::MAX,
    };
    let mut downstream = heapless::Vec::new();
    if let Some(Value::Nested(networks)) = find(table, b"assigned")? {
        gather(&mut downstream, networks, subnet)?;
    }
    Ok(Some(Delegated { prefix, preferred_seconds, downstream }))
}

/// `None` for an interface whose name is longer than one that could be asked for.
fn subnet(name: &[u8], table: &[u8]) -> Read<Downstream> {
    let subnet = prefix(table)?;
    let name = std::str::from_utf8(name).ok();
    let name = name.and_then(|name| InterfaceName::try_from(name).ok());
    Ok(name.map(|interface| Downstream { interface, subnet }))
}

/// `None` while netifd has not put the address on the device: `local-address` is empty then.
fn local_address(_: &[u8], table: &[u8]) -> Read<Ipv6Addr> {
    match find(table, b"local-address")? {
        Some(Value::Nested(inner)) => address(inner),
        _ => Ok(None),
    }
}

fn prefix(table: &[u8]) -> Result<Prefix, Malformed> {
    let address = address(table)?.ok_or(Malformed::Field("address"))?;
    let length = match find(table, b"mask")? {
        Some(Value::Number(bits)) => u8::try_from(bits).ok().filter(|&bits| bits <= 128),
        _ => None,
    };
    Ok(Prefix { address, length: length.ok_or(Malformed::Field("mask"))? })
}

fn address(table: &[u8]) -> Read<Ipv6Addr> {
    match find(table, b"address")? {
        Some(Value::Text(text)) => text.parse().map(Some).map_err(|_| Malformed::Field("address")),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::blob::{put_field, put_text};
    use super::*;

    const ARRAY: u8 = 1;
    const TABLE: u8 = 2;
    const NUMBER: u8 = 5;
    const FLAG: u8 = 7;

    fn number(name: &str, value: u32) -> Vec<u8> {
        field(NUMBER, name, &[&value.to_be_bytes()])
    }

    fn text(name: &str, value: &str) -> Vec<u8> {
        let mut out = Vec::new();
        put_text(&mut out, name, value);
        out
    }

    fn field(kind: u8, name: &str, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        put_field(&mut out, kind, name, &parts.concat());
        out
    }

    fn prefix_table(parts: &[&[u8]]) -> Vec<u8> {
        field(ARRAY, "ipv6-prefix", &[&field(TABLE, "", parts)])
    }

    fn decode(parts: &[&[u8]]) -> Result<InterfaceStatus, Malformed> {
        let up = field(FLAG, "up", &[&[1]]);
        InterfaceStatus::decode(&[&up, &parts.concat()[..]].concat())
    }

    #[test]
    fn an_interface_that_is_down_has_no_device() {
        let down = [field(FLAG, "up", &[&[0]]), field(FLAG, "pending", &[&[1]])].concat();
        let expected = InterfaceStatus { pending: true, ..InterfaceStatus::default() };
        assert_eq!(InterfaceStatus::decode(&down), Ok(expected));
    }

    #[test]
    fn the_first_servers_that_are_addresses_are_kept() {
        let list = ["9.9.9.9", "dns.example", "2620:fe::fe", "9.9.9.10", "9.9.9.11"];
        let list: Vec<u8> = list.iter().flat_map(|server| text("", server)).collect();
        let status = decode(&[&field(ARRAY, "dns-server", &[&list])]).unwrap();
        let kept: Vec<String> = status.dns.iter().map(ToString::to_string).collect();
        assert_eq!(kept, ["9.9.9.9", "2620:fe::fe", "9.9.9.10"]);
    }

    #[test]
    fn an_answer_without_up_is_none() {
        assert_eq!(InterfaceStatus::decode(&[]), Err(Malformed::Field("up")));
        let untyped = number("up", 1);
        assert_eq!(InterfaceStatus::decode(&untyped), Err(Malformed::Field("up")));
    }

    #[test]
    fn a_device_name_has_at_most_fifteen_bytes() {
        let status = decode(&[&text("l3_device", "pppoe-wan-15-ok")]).unwrap();
        assert_eq!(status.l3_device.as_deref(), Some("pppoe-wan-15-ok"));
        let long = decode(&[&text("l3_device", "pppoe-wan-16-bad")]);
        assert_eq!(long, Err(Malformed::Field("l3_device")));
    }

    #[test]
    fn a_prefix_has_an_address_a_length_and_maybe_an_end() {
        let address = text("address", "2a01:cb00:1:200::");
        let rows: [(&[u8], u32); 3] =
            [(&[], u32::MAX), (&number("preferred", 1800), 1800), (&number("preferred", 0), 0)];
        for (preferred, expected) in rows {
            let table = prefix_table(&[&address, &number("mask", 56), preferred]);
            let status = decode(&[&table]).unwrap();
            assert_eq!(status.prefixes[0].prefix.length, 56);
            assert_eq!(status.prefixes[0].preferred_seconds, expected);
        }
        let rows: [(&[&[u8]], &str); 4] = [
            (&[&address], "mask"),
            (&[&address, &number("mask", 129)], "mask"),
            (&[&number("mask", 56)], "address"),
            (&[&text("address", "81.2.69.10"), &number("mask", 24)], "address"),
        ];
        for (parts, missing) in rows {
            assert_eq!(decode(&[&prefix_table(parts)]), Err(Malformed::Field(missing)));
        }
    }

    #[test]
    fn its_own_addresses_are_those_of_both_families_and_not_the_inactive_ones() {
        let list = |name: &str, addresses: &[&str]| {
            let tables: Vec<u8> = addresses
                .iter()
                .flat_map(|address| field(TABLE, "", &[&text("address", address)]))
                .collect();
            field(ARRAY, name, &[&tables])
        };
        let own = [list("ipv4-address", &["81.2.69.10"]), list("ipv6-address", &["2a01::1"])];
        let inactive = field(TABLE, "inactive", &[&list("ipv4-address", &["81.2.69.11"])]);
        let status = decode(&[&own[0], &own[1], &inactive]).unwrap();
        assert_eq!(status.own, ["81.2.69.10", "2a01::1"].map(|ip| ip.parse::<IpAddr>().unwrap()));
        let many = list("ipv4-address", &["81.2.69.10"; MAX_OWN + 1]);
        assert_eq!(decode(&[&many]).unwrap().own.len(), MAX_OWN);
        let no_address = list("ipv4-address", &["81.2.69"]);
        assert_eq!(decode(&[&no_address]), Err(Malformed::Field("address")));
    }

    #[test]
    fn an_address_not_yet_on_its_device_is_left_out() {
        let ready = field(TABLE, "local-address", &[&text("address", "2a01:cb00:1:200::1")]);
        let waiting = field(TABLE, "local-address", &[]);
        let tables = [field(TABLE, "", &[&waiting]), field(TABLE, "", &[&ready])].concat();
        let status = decode(&[&field(ARRAY, "ipv6-prefix-assignment", &[&tables])]).unwrap();
        assert_eq!(status.assigned, ["2a01:cb00:1:200::1".parse::<Ipv6Addr>().unwrap()]);
    }

    #[test]
    fn more_than_the_limits_is_left_out() {
        let address = text("address", "2a01:cb00:1:200::");
        let mask = number("mask", 64);
        let network = |name: &str| field(TABLE, name, &[&address, &mask]);
        let networks: Vec<u8> =
            (0..=MAX_DOWNSTREAM).flat_map(|n| network(&n.to_string())).collect();
        let networks = [network(&"x".repeat(41)), networks].concat();
        let prefix = field(TABLE, "", &[&address, &mask, &field(TABLE, "assigned", &[&networks])]);
        let prefixes = field(ARRAY, "ipv6-prefix", &[&prefix.repeat(MAX_PREFIXES + 1)]);
        let status = decode(&[&prefixes]).unwrap();
        assert_eq!(status.prefixes.len(), MAX_PREFIXES);
        assert_eq!(status.prefixes[0].downstream.len(), MAX_DOWNSTREAM);
        assert_eq!(status.prefixes[0].downstream[0].interface, "0");
    }

    #[test]
    fn nesting_is_not_followed_where_nothing_is_looked_for() {
        let mut deep = Vec::new();
        for _ in 0..1_000 {
            deep = field(TABLE, "", &[&deep]);
        }
        assert!(decode(&[&field(ARRAY, "ipv6-prefix-assignment", &[&deep])]).is_ok());
        assert!(decode(&[&field(TABLE, "data", &[b"garbage"])]).is_ok());
    }

    #[test]
    fn a_prefix_contains_what_shares_its_first_bits() {
        let rows = [
            ("2a01:cb00:1:200::", 56, "2a01:cb00:1:2ff::1", true),
            ("2a01:cb00:1:200::", 56, "2a01:cb00:1:300::1", false),
            ("2a01:cb00:1:200::", 128, "2a01:cb00:1:200::", true),
            ("2a01:cb00:1:200::", 128, "2a01:cb00:1:200::1", false),
            ("::", 0, "ffff::", true),
        ];
        for (prefix, length, address, expected) in rows {
            let prefix = Prefix { address: prefix.parse().unwrap(), length };
            assert_eq!(prefix.contains(address.parse().unwrap()), expected, "{address}");
        }
    }
}
