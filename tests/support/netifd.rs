//! What netifd says of interfaces that a test imagines, in the bytes of ubus.

/// One logical interface.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    /// Its name.
    pub name: &'static str,
    /// Its device, if it is up.
    pub device: Option<&'static str>,
    /// Its own addresses, of either family.
    pub own: Vec<String>,
    /// A prefix delegated over it, a /56, and the network that a part of it went to.
    pub delegated: Option<(&'static str, &'static str)>,
    /// Its own address out of a prefix of another interface.
    pub assigned: Option<&'static str>,
    /// The address that its IPv4 traffic leaves with, and the ports of it that lead here.
    pub translated: Option<(&'static str, &'static [&'static str])>,
}

const ARRAY: u8 = 1;
const TABLE: u8 = 2;
const TEXT: u8 = 3;
const NUMBER: u8 = 5;
const FLAG: u8 = 7;

impl Interface {
    /// One that is up, with these addresses.
    pub fn up(name: &'static str, device: &'static str, own: &[&str]) -> Self {
        let own = own.iter().map(ToString::to_string).collect();
        Self { name, device: Some(device), own, ..Self::default() }
    }

    /// One that is configured, and down.
    pub fn down(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// The answer to the question of its status, as recorded ones are: data, then well.
    pub fn answer(&self) -> Vec<u8> {
        let object: &[u8] = b"\x03\x00\x00\x08\x86\x08\x52\x79";
        let data = [object, &blob(0x07, &self.status())].concat();
        let well = [b"\x01\x00\x00\x08\x00\x00\x00\x00", object].concat();
        [message(2, &data), message(1, &well)].concat()
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

/// A message of netifd's object, without the number of the question.
fn message(kind: u8, attributes: &[u8]) -> Vec<u8> {
    [&[0, kind, 0, 0, 0x86, 0x08, 0x52, 0x79][..], &blob(0, attributes)].concat()
}
