//! Values that several options share, each checked once; an error says what is allowed.

use super::{InterfaceName, SectionName};
use crate::address::DeviceName;

/// Longest login and password, in bytes.
const MAX_CREDENTIAL: usize = 255;
/// Longest path, in bytes.
const MAX_PATH: usize = 1024;

/// UCI's words for yes and no.
pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value {
        "1" | "true" | "yes" | "on" | "enabled" => Ok(true),
        "0" | "false" | "no" | "off" | "disabled" => Ok(false),
        _ => Err("allowed are 1 true yes on enabled, and 0 false no off disabled".into()),
    }
}

/// A path from the root: services have no current directory worth the name.
pub(super) fn absolute_path(value: &str) -> Result<String, String> {
    if !value.starts_with('/') {
        return Err("must be an absolute path, one that starts with /".into());
    }
    if value.len() > MAX_PATH {
        return Err(format!("has {} bytes, allowed are {MAX_PATH}", value.len()));
    }
    if value.contains(char::is_control) {
        return Err("must not hold line breaks or other control characters".into());
    }
    Ok(value.to_owned())
}

/// A section's name in use as a reference.
pub(super) fn section_name(value: &str) -> Result<SectionName, String> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("a section's name takes letters, digits and _ only".into());
    }
    at_most_32(value)
}

/// A logical interface of OpenWrt.
pub(super) fn interface(value: &str) -> Result<InterfaceName, String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if value.is_empty() || !value.bytes().all(legal) {
        return Err("an interface's name takes letters, digits, _ . and - only".into());
    }
    at_most_32(value)
}

pub(super) fn at_most_32(value: &str) -> Result<heapless::String<32>, String> {
    heapless::String::try_from(value)
        .map_err(|_| format!("has {} bytes, allowed are 32", value.len()))
}

/// A kernel device, by the rules of the kernel's `dev_valid_name`.
pub(super) fn device(value: &str) -> Result<DeviceName, String> {
    let legal = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '/' | ':');
    if matches!(value, "" | "." | "..") || !value.chars().all(legal) {
        return Err("a device's name has no blanks, slashes or colons".into());
    }
    DeviceName::try_from(value).map_err(|_| "a device's name has at most 15 bytes".into())
}

/// A login: RFC 7617 ends it at the first colon.
pub(super) fn username(value: &str) -> Result<String, String> {
    if value.contains(':') {
        return Err("must not hold ':', which ends the login in HTTP (RFC 7617)".into());
    }
    credential(value)
}

/// A login or password, as it goes into the `Authorization` header.
pub(super) fn credential(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Err("must not be empty".into());
    }
    if value.len() > MAX_CREDENTIAL {
        return Err(format!("has {} bytes, allowed are {MAX_CREDENTIAL}", value.len()));
    }
    if value.contains(['\n', '\r']) {
        return Err("must not hold a line break: the provider refuses the login (401)".into());
    }
    if value.contains(char::is_control) {
        return Err("must not hold control characters".into());
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_the_words_of_uci_and_no_others() {
        for yes in ["1", "true", "yes", "on", "enabled"] {
            assert_eq!(boolean(yes), Ok(true), "{yes}");
        }
        for no in ["0", "false", "no", "off", "disabled"] {
            assert_eq!(boolean(no), Ok(false), "{no}");
        }
        for neither in ["", "2", "y", "TRUE", "Yes", " 1", "enable"] {
            assert!(boolean(neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn paths_start_at_the_root_and_stay_on_one_line() {
        assert_eq!(absolute_path("/etc/lab.pem").as_deref(), Ok("/etc/lab.pem"));
        assert_eq!(absolute_path("/").as_deref(), Ok("/"));
        assert!(absolute_path(&format!("/{}", "a".repeat(MAX_PATH - 1))).is_ok());
        assert!(absolute_path(&format!("/{}", "a".repeat(MAX_PATH))).is_err());
        for bad in ["", "lab.pem", "./lab.pem", "~/lab.pem", "/etc/a\nb", "/etc/a\u{7f}"] {
            assert!(absolute_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn device_names_follow_the_kernel() {
        for good in ["eth0", "pppoe-wan", "br-lan.10", "wan@eth0", "é", "123456789012345"] {
            assert!(device(good).is_ok(), "{good}");
        }
        let bad = ["", ".", "..", "a b", "a/b", "eth0:1", "a\tb", "a\u{1}", "1234567890123456"];
        for bad in bad {
            assert!(device(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn interface_names_take_dots_and_dashes_but_section_names_do_not() {
        for good in ["wan", "wan6", "wan_6", "LTE-backup", "vlan.10"] {
            assert!(interface(good).is_ok(), "{good}");
        }
        for bad in ["", "wan 6", "@wan", "wän", "a/b", "abcdefghijklmnopqrstuvwxyz0123456"] {
            assert!(interface(bad).is_err(), "{bad}");
        }
        assert!(section_name("lab_2").is_ok());
        for bad in ["", "lab-2", "lab.2", "abcdefghijklmnopqrstuvwxyz0123456"] {
            assert!(section_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_take_every_printable_character() {
        for good in ["#?:@%\"'\\ é", " ", "日本", &"a".repeat(MAX_CREDENTIAL)] {
            assert_eq!(credential(good).as_deref(), Ok(good));
        }
        for bad in ["", "a\nb", "a\n", "a\r", "\t", "\0", "\u{9f}", &"a".repeat(256)] {
            assert!(credential(bad).is_err(), "{bad:?}");
        }
        assert!(credential("a\n").is_err_and(|text| text.contains("line break")));
    }

    #[test]
    fn logins_have_no_colon() {
        assert_eq!(username("example.com-home").as_deref(), Ok("example.com-home"));
        assert!(username("example.com-home:secret").is_err_and(|text| !text.contains("secret")));
    }
}
