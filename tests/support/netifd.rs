//! What netifd says of interfaces that a test imagines, in the bytes of ubus.

use super::ubus;

/// One logical interface.
#[derive(Clone, Debug, Default)]
pub struct Interface<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its device, if it is up.
    pub device: Option<&'a str>,
    /// Its own addresses, of either family.
    pub own: Vec<String>,
    /// A prefix delegated over it, a /56, and the network that a part of it went to.
    pub delegated: Option<(&'a str, &'a str)>,
    /// Its own address out of a prefix of another interface.
    pub assigned: Option<&'a str>,
    /// The address that its IPv4 traffic leaves with, and the ports of it that lead here.
    pub translated: Option<(&'a str, &'a [&'a str])>,
}

const ARRAY: u8 = 1;
const TABLE: u8 = 2;
const TEXT: u8 = 3;
const NUMBER: u8 = 5;
const FLAG: u8 = 7;

impl<'a> Interface<'a> {
    /// One that is up, with these addresses.
    pub fn up(name: &'a str, device: &'a str, own: &[&str]) -> Self {
        let own = own.iter().map(ToString::to_string).collect();
        Self { name, device: Some(device), own, ..Self::default() }
    }

    /// One that is configured, and down.
    pub fn down(name: &'a str) -> Self {
        Self { name, ..Self::default() }
    }

    /// One from a line of words: its name, then `device NAME`, `own ADDRESS` as often as there are
    /// some, `delegated PREFIX NETWORK`, `assigned ADDRESS`.
    pub fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut interface = Self::down(words.next()?);
        while let Some(word) = words.next() {
            match word {
                "device" => interface.device = Some(words.next()?),
                "own" => interface.own.push(words.next()?.into()),
                "delegated" => interface.delegated = Some((words.next()?, words.next()?)),
                "assigned" => interface.assigned = Some(words.next()?),
                _ => return None,
            }
        }
        Some(interface)
    }

    /// The answer to the question of its status, as recorded ones are: data, then well.
    pub fn answer(&self) -> Vec<u8> {
        ubus::answered(&blob(0x07, &self.status()))
    }

    fn status(&self) -> Vec<u8> {
        let list = |is_ipv6| {
            let own = self.own.iter().filter(|own| own.contains(':') == is_ipv6);
            own.flat_map(|own| field(TABLE, "", &text("address", own))).collect::<Vec<_>>()
        };
        let mut status = field(FLAG, "up", &[u8::from(self.device.is_some())]);
        status.extend(self.device.iter().flat_map(|device| text("l3_device", device)));
        status.extend(field(ARRAY, "ipv4-address", &list(false)));
        status.extend(field(ARRAY, "ipv6-address", &list(true)));
        status.extend(self.delegated.iter().flat_map(|(prefix, network)| {
            let part = [text("address", prefix), number("mask", 60)].concat();
            let assigned = field(TABLE, "assigned", &field(TABLE, network, &part));
            let prefix = [text("address", prefix), number("mask", 56), assigned].concat();
            field(ARRAY, "ipv6-prefix", &field(TABLE, "", &prefix))
        }));
        status.extend(self.assigned.iter().flat_map(|address| {
            let local = field(TABLE, "local-address", &text("address", address));
            field(ARRAY, "ipv6-prefix-assignment", &field(TABLE, "", &local))
        }));
        let rules = self.translated.map(|(address, ports)| {
            let rule = |port: &&str| {
                let rule = [text("snat_ip", address), text("snat_port", port)].concat();
                field(TABLE, "", &rule)
            };
            field(ARRAY, "firewall", &ports.iter().flat_map(rule).collect::<Vec<_>>())
        });
        status.extend(field(TABLE, "data", &rules.unwrap_or_default()));
        status
    }
}

fn number(name: &str, value: u32) -> Vec<u8> {
    field(NUMBER, name, &value.to_be_bytes())
}

fn text(name: &str, value: &str) -> Vec<u8> {
    field(TEXT, name, &[value.as_bytes(), b"\0"].concat())
}

fn field(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(name.len()).expect("a short name").to_be_bytes();
    let mut payload = [&length, name.as_bytes(), b"\0"].concat();
    payload.resize(payload.len().next_multiple_of(4), 0);
    payload.extend(value);
    blob(0x80 | kind, &payload)
}

/// An attribute, padded.
fn blob(id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 4).expect("a short answer");
    let mut blob = (u32::from(id) << 24 | length).to_be_bytes().to_vec();
    blob.extend(payload);
    blob.resize(blob.len().next_multiple_of(4), 0);
    blob
}
