//! hosts(5).

use std::net::IpAddr;

use super::{Addresses, is_same};

/// The addresses that the file's text has for `name`, those of IPv4 first.
///
/// What is no line of it is passed over; an address with a scope cannot be a provider's.
#[must_use]
pub fn find(text: &str, name: &str) -> Addresses {
    let mut found = Addresses::new();
    let mut ipv4 = 0;
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
        if words.any(|word| is_same(word, name)) {
            let place = if address.is_ipv4() { ipv4 } else { found.len() };
            // What does not fit is left out.
            if found.insert(place, address).is_err() {
                break;
            }
            ipv4 += usize::from(address.is_ipv4());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::MAX_ADDRESSES;
    use super::*;

    #[test]
    fn a_name_has_the_addresses_of_its_lines() {
        let text = "\
127.0.0.1\tlocalhost
::1 localhost ip6-localhost
# 81.2.70.1 provider.example
81.2.70.2 a.example provider.example. # old.example
2a01:cb00::1 PROVIDER.example
81.2.70.3   b.example\tprovider.example
fe80::1%eth0 provider.example
not-an-address provider.example
81.2.70.4
";
        let rows: [(&str, &[&str]); 6] = [
            ("provider.example", &["81.2.70.2", "81.2.70.3", "2a01:cb00::1"]),
            ("Provider.Example.", &["81.2.70.2", "81.2.70.3", "2a01:cb00::1"]),
            ("localhost", &["127.0.0.1", "::1"]),
            ("old.example", &[]),
            ("example", &[]),
            ("", &[]),
        ];
        for (name, expected) in rows {
            let found: Vec<String> = find(text, name).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{name}");
        }
        assert!(find("", "localhost").is_empty());
    }

    #[test]
    fn more_addresses_than_the_limit_are_left_out() {
        let text = "81.2.70.1 many.example\n".repeat(MAX_ADDRESSES + 5);
        assert_eq!(find(&text, "many.example").len(), MAX_ADDRESSES);
    }
}
