//! The address behind `good` and `nochg`: what the provider says that it stored.

use std::net::IpAddr;

use crate::config::Addresses;

/// What follows the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// No address.
    None,
    /// The one that was sent.
    Same,
    /// Another one.
    Other(IpAddr),
    /// Something that should be an address and is none, such as the first half of one.
    Unreadable,
}

impl Echo {
    /// Reads what follows the first word of `line`: nothing, an address, or one of each family with
    /// a blank or a comma between them (No-IP), of which that of the family sent counts.
    pub(super) fn read(line: &str, sent: Addresses) -> Self {
        let Addresses { address: sent, other: too } = sent;
        let sent = sent.to_canonical();
        let separates = |c: char| c.is_ascii_whitespace() || c == ',';
        let tokens = line.split(separates).filter(|token| !token.is_empty()).skip(1);
        let mut echo = Self::None;
        for token in tokens.filter(|token| is_meant_as_address(token)) {
            let Ok(address) = token.parse::<IpAddr>() else { return Self::Unreadable };
            // Some servers keep IPv4 as ::ffff:81.2.69.10.
            let address = address.to_canonical();
            if address == sent {
                return Self::Same;
            }
            if address.is_ipv4() == sent.is_ipv4() {
                return Self::Other(address);
            }
            // Where one request sets both, some servers tell of one of them alone.
            if Some(address) != too {
                echo = Self::Other(address);
            }
        }
        echo
    }
}

/// Nothing but an address begins with a digit here, or has a colon between hexadecimal digits.
fn is_meant_as_address(token: &str) -> bool {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    let starts_with_digit = token.starts_with(|c: char| c.is_ascii_digit());
    starts_with_digit || (token.contains(':') && token.chars().all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_what_was_sent_or_another_address_or_no_proof() {
        let other = |address: &str| Echo::Other(address.parse().expect("an address"));
        let v4 = [
            ("good", Echo::None),
            ("good thank you", Echo::None),
            ("good 81.2.69.10", Echo::Same),
            ("good ::ffff:81.2.69.10", Echo::Same),
            ("good 81.2.69.10 2a01:cb00::1", Echo::Same),
            ("good 2a01:cb00::1 81.2.69.10", Echo::Same),
            ("good 81.2.69.10,2a01:cb00::1", Echo::Same),
            ("good 81.2.69.10 2a01:cb", Echo::Same),
            ("good 81.2.69.1", other("81.2.69.1")),
            ("good 127.0.0.1", other("127.0.0.1")),
            ("good 2a01:cb00::1", other("2a01:cb00::1")),
            ("good 2a01:cb00::1 81.2.69.1", other("81.2.69.1")),
            ("good 8", Echo::Unreadable),
            ("good 82.6", Echo::Unreadable),
            ("good 81.2.69.", Echo::Unreadable),
            ("good 081.002.069.010", Echo::Unreadable),
            ("good 81.2.69.010", Echo::Unreadable),
            ("good 81.2.69.10/32", Echo::Unreadable),
            ("good 81.2.69.10.", Echo::Unreadable),
            ("good 2a01:cb", Echo::Unreadable),
            ("good 82.6 81.2.69.10", Echo::Unreadable),
        ];
        for (line, echo) in v4 {
            assert_eq!(Echo::read(line, IpAddr::from([81, 2, 69, 10]).into()), echo, "{line}");
        }
        let sent: IpAddr = "2a01:cb00:1:2::10".parse().expect("an address");
        let v6 = [
            ("good 2A01:CB00:0001:2:0:0:0:10", Echo::Same),
            ("good 81.2.69.10 2a01:cb00:1:2::10", Echo::Same),
            ("good 81.2.69.10", other("81.2.69.10")),
            ("good fe80::1", other("fe80::1")),
            ("good 81.2.69.10 2a01:cb00:1", Echo::Unreadable),
            ("good a:", Echo::Unreadable),
        ];
        for (line, echo) in v6 {
            assert_eq!(Echo::read(line, sent.into()), echo, "{line}");
        }
    }

    #[test]
    fn where_both_were_sent_the_other_one_is_no_wrong_echo() {
        let address = "2a01:cb00:1:2::10".parse().expect("an address");
        let sent = Addresses { address, other: Some([81, 2, 69, 10].into()) };
        let rows = [
            ("good 81.2.69.10", Echo::None),
            ("good 81.2.69.10 2a01:cb00:1:2::10", Echo::Same),
            ("good 81.2.69.11", Echo::Other([81, 2, 69, 11].into())),
            (
                "good 81.2.69.10,2a01:cb00:1:2::11",
                Echo::Other("2a01:cb00:1:2::11".parse().unwrap()),
            ),
        ];
        for (line, echo) in rows {
            assert_eq!(Echo::read(line, sent), echo, "{line}");
        }
    }
}
