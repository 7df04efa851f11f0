//! The name to keep current: letters, digits and hyphens, as the zone has it.

use super::DnsName;
use crate::punycode;

/// Longest label, in bytes (RFC 1035).
const MAX_LABEL: usize = 63;

/// Letters that stand for other letters (IDNA maps them first, with tables that are left out).
const COMPATIBILITY: [std::ops::RangeInclusive<char>; 7] = [
    '\u{aa}'..='\u{aa}',
    '\u{b2}'..='\u{be}',
    '\u{2070}'..='\u{218f}',
    '\u{2460}'..='\u{24ff}',
    '\u{f900}'..='\u{fb06}',
    '\u{ff00}'..='\u{ffef}',
    '\u{1d400}'..='\u{1d7ff}',
];

/// The name in lower case and punycode, without the trailing dot, or what is allowed. Its first
/// label may be `*`.
pub(super) fn parse(value: &str) -> Result<DnsName, String> {
    let value = value.strip_suffix('.').unwrap_or(value);
    let mut name = DnsName::new();
    let labels = match value.strip_prefix("*.") {
        // Every name below; the provider decides whether there is such a record.
        Some(rest) => {
            name.push('*').map_err(|_| too_long())?;
            rest
        }
        None => value,
    };
    for label in labels.split('.') {
        if !name.is_empty() {
            name.push('.').map_err(|_| too_long())?;
        }
        name.push_str(&ascii_label(label)?).map_err(|_| too_long())?;
    }
    if !name.trim_start_matches("*.").contains('.') {
        return Err("must be fully qualified, with its zone, like home.example.com".into());
    }
    if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Err("is an address, give the name whose record is kept current".into());
    }
    Ok(name)
}

/// One label, checked and in lower case; in punycode if it has other letters than a to z.
fn ascii_label(label: &str) -> Result<String, String> {
    check_characters(label)?;
    let lower: String = label.chars().flat_map(char::to_lowercase).collect();
    check_characters(&lower)?;
    let ascii = if lower.is_ascii() {
        lower
    } else {
        format!("xn--{}", punycode::encode(&lower).ok_or_else(too_long)?)
    };
    if ascii.len() > MAX_LABEL {
        return Err(format!("has more than {MAX_LABEL} bytes between two dots"));
    }
    if ascii.starts_with('-') || ascii.ends_with('-') {
        return Err("has a hyphen next to a dot, hyphens go between letters or digits".into());
    }
    Ok(ascii)
}

fn check_characters(label: &str) -> Result<(), String> {
    if label.is_empty() {
        return Err("has nothing between two dots, write it like home.example.com".into());
    }
    match label.chars().find(|c| !is_legal(*c)) {
        None => Ok(()),
        Some('*') => Err("* stands alone in front, as in *.example.com".into()),
        Some('_') => Err("_ is not allowed in a host name, only letters, digits and -".into()),
        Some('\u{300}'..='\u{36f}') => {
            Err("has a combining accent, type the letter in one piece or the name as xn--..."
                .into())
        }
        Some(c) if c.is_control() || c == ' ' => {
            Err("has a blank or control character, allowed are letters, digits and -".into())
        }
        Some(c) if c.is_ascii() => Err(format!("has '{c}', allowed are letters, digits and -")),
        Some(c) => Err(format!(
            "has U+{:04X}, which only a full IDNA converter handles: type the name as xn--...",
            u32::from(c)
        )),
    }
}

fn is_legal(c: char) -> bool {
    let combining = matches!(c, '\u{300}'..='\u{36f}');
    let compatibility = COMPATIBILITY.iter().any(|range| range.contains(&c));
    c == '-' || (c.is_alphanumeric() && !combining && !compatibility)
}

fn too_long() -> String {
    "has more than 253 bytes".into()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_come_out_in_lower_case_punycode_without_the_last_dot() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        let rows = [
            ("home.example.com", "home.example.com"),
            ("Home.EXAMPLE.com.", "home.example.com"),
            ("example.com", "example.com"),
            ("3com.9-9.fr", "3com.9-9.fr"),
            ("*.Example.com", "*.example.com"),
            ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com"),
            ("bücher.example.com", "xn--bcher-kva.example.com"),
            ("BÜCHER.Example.com", "xn--bcher-kva.example.com"),
            ("été.maison.fr", "xn--t-9fab.maison.fr"),
            ("straße.example.de", "xn--strae-oqa.example.de"),
            ("ΟΔΟΣ.example.gr", "xn--pxavbq.example.gr"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            (&longest, &longest),
        ];
        for (value, expected) in rows {
            assert_eq!(parse(value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_host_name_is_refused_with_the_reason() {
        let label = "a".repeat(63);
        let rows = [
            ("", "nothing between"),
            (".", "nothing between"),
            ("home", "fully qualified"),
            ("home.", "fully qualified"),
            ("home..example.com", "nothing between"),
            (".example.com", "nothing between"),
            ("home.example.com..", "nothing between"),
            ("*", "* stands alone"),
            ("*.", "* stands alone"),
            ("*.com", "fully qualified"),
            ("a*.example.com", "* stands alone"),
            ("*.*.example.com", "* stands alone"),
            ("home.*.example.com", "* stands alone"),
            ("my_home.example.com", "_ is not allowed"),
            ("-home.example.com", "hyphen"),
            ("home-.example.com", "hyphen"),
            ("home.example.com ", "blank"),
            ("ho\nme.example.com", "blank"),
            ("home/x.example.com", "'/'"),
            ("https://home.example.com", "':'"),
            ("81.2.69.10", "is an address"),
            ("2a01:cb00::2", "':'"),
            ("e\u{301}te\u{301}.example.com", "combining accent"),
            ("\u{130}zmir.example.com", "combining accent"),
            ("ｈome.example.com", "U+FF48"),
            ("home。example.com", "U+3002"),
            ("m².example.com", "U+00B2"),
            ("😀.example.com", "U+1F600"),
            (&format!("{label}a.example.com"), "63 bytes"),
            (&format!("{label}.{label}.{label}.{}", "a".repeat(62)), "253 bytes"),
            (&format!("{}.fr", "é".repeat(63)), "63 bytes"),
        ];
        for (value, expected) in rows {
            let text = parse(value).expect_err(value);
            assert!(text.contains(expected), "{value}: {text}");
        }
    }
}
