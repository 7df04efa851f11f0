//! The IPv4 address that traffic leaves with where a line carries IPv4 inside IPv6 (MAP-E, MAP-T,
//! lw4o6): often shared with other customers, each of whom has some of its ports.

use std::fmt;
use std::net::Ipv4Addr;

use super::blob::{Fields, Value, find};

/// Ranges of ports kept; MAP shares out 15 or 63 to a customer.
const MAX_RANGES: usize = 64;

/// An address, and which of its ports lead here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The address that the internet sees.
    pub address: Ipv4Addr,
    /// First and last port of each range, in netifd's order; empty if all of them lead here.
    pub ports: Vec<(u16, u16)>,
}

impl Translated {
    /// Reads the rules that the protocol gives the firewall, one for each range and protocol.
    ///
    /// It is data of the protocol's own, so what is no such rule is passed over.
    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let Ok(Some(Value::Nested(rules))) = find(data, b"firewall") else { return None };
        let mut found: Option<Self> = None;
        for rule in Fields::new(rules).map_while(Result::ok) {
            let Value::Nested(rule) = rule.value else { continue };
            let Some(address) = text(rule, b"snat_ip").and_then(|text| text.parse().ok()) else {
                continue;
            };
            let found = found.get_or_insert(Self { address, ports: Vec::new() });
            let range = text(rule, b"snat_port").and_then(range);
            found.ports.extend(range.filter(|range| {
                found.address == address
                    && found.ports.len() < MAX_RANGES
                    && !found.ports.contains(range)
            }));
        }
        found
    }

    /// Whether only some ports lead here.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.ports.is_empty()
    }
}

fn text<'a>(rule: &'a [u8], name: &[u8]) -> Option<&'a str> {
    match find(rule, name) {
        Ok(Some(Value::Text(text))) => Some(text),
        _ => None,
    }
}

/// `1232-1239`, or one port.
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

impl fmt::Display for Translated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is shared with other customers, these of its ports lead here:",
            self.address
        )?;
        for (index, (first, last)) in self.ports.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma} {first}-{last}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::blob::{put_field, put_text};
    use super::*;

    const ARRAY: u8 = 1;
    const TABLE: u8 = 2;

    /// What OpenWrt's `map.sh` hands to netifd.
    fn data(rules: &[(&str, &str)]) -> Vec<u8> {
        let mut list = Vec::new();
        for (address, ports) in rules {
            let mut rule = Vec::new();
            for (name, value) in [("type", "nat"), ("target", "SNAT"), ("snat_ip", address)] {
                put_text(&mut rule, name, value);
            }
            if !ports.is_empty() {
                put_text(&mut rule, "snat_port", ports);
            }
            put_field(&mut list, TABLE, "", &rule);
        }
        let mut data = Vec::new();
        put_text(&mut data, "zone", "wan");
        put_field(&mut data, ARRAY, "firewall", &list);
        data
    }

    #[test]
    fn each_range_is_named_once_though_each_protocol_has_a_rule() {
        let rule = |ports| ("81.2.69.10", ports);
        let rules = [rule("1232-1239"), rule("1232-1239"), rule("2256-2263"), rule("7")];
        let found = Translated::decode(&data(&rules)).unwrap();
        assert_eq!(
            found.to_string(),
            "81.2.69.10 is shared with other customers, these of its ports lead here: 1232-1239, \
             2256-2263, 7-7"
        );
        assert!(found.is_shared());
    }

    #[test]
    fn an_address_of_its_own_has_no_ranges() {
        let found = Translated::decode(&data(&[("81.2.69.10", "")])).unwrap();
        assert_eq!((found.address, found.is_shared()), (Ipv4Addr::new(81, 2, 69, 10), false));
    }

    #[test]
    fn what_is_no_such_rule_is_passed_over() {
        assert_eq!(Translated::decode(b"garbage"), None);
        assert_eq!(Translated::decode(&data(&[])), None);
        assert_eq!(Translated::decode(&data(&[("", "1-2"), ("2001:db8::1", "3-4")])), None);
        let odd = data(&[("81.2.69.10", "all"), ("81.2.69.11", "1-2"), ("81.2.69.10", "70000")]);
        assert_eq!(Translated::decode(&odd).unwrap().ports, []);
        let ranges: Vec<String> = (0..100).map(|port| port.to_string()).collect();
        let many: Vec<_> = ranges.iter().map(|range| ("81.2.69.10", range.as_str())).collect();
        assert_eq!(Translated::decode(&data(&many)).unwrap().ports.len(), MAX_RANGES);
    }
}
