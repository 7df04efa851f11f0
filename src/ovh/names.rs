//! Names and passwords as the customer area takes them.

use crate::config::Secret;

/// Longest suffix of a login, in bytes.
pub const MAX_SUFFIX: usize = 10;
/// Bytes of randomness that [`password`] turns into one.
pub const RANDOM_LENGTH: usize = 64;
/// Shortest and longest password that the customer area takes.
const PASSWORD_LENGTHS: std::ops::RangeInclusive<usize> = 8..=31;
/// Length of those made here: 116 bits.
const PASSWORD_LENGTH: usize = 20;
/// The suffix for the apex, which has no sub-domain to take it from.
const APEX_SUFFIX: &str = "dynhost";

/// `@`, an empty text or a sub-domain -> the sub-domain in lower case, empty for the apex.
///
/// # Errors
/// A sentence: what is allowed. A name with its zone behind it is told from one below it.
pub fn sub_domain(text: &str, zone: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    if matches!(name.as_str(), "" | "@") {
        return Ok(String::new());
    }
    if name == "*" || name.starts_with("*.") {
        return Err("'*' is for logins only, name the one sub-domain that has the address".into());
    }
    let zone = zone.trim_end_matches('.').to_ascii_lowercase();
    if name == zone || name.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.')) {
        let rest = name.strip_suffix(&zone).unwrap_or_default().trim_end_matches('.');
        let rest = if rest.is_empty() { "@" } else { rest };
        return Err(format!("the zone is no part of the sub-domain, write it as {rest}"));
    }
    let legal = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-')
    };
    if !name.split('.').all(legal) || name.len() + 1 + zone.len() > 253 {
        return Err("a sub-domain has labels of letters, digits and - with dots between".into());
    }
    Ok(name)
}

/// Checks the suffix of a login.
///
/// # Errors
/// A sentence: what is allowed.
pub fn check_suffix(suffix: &str) -> Result<(), String> {
    if suffix.is_empty() || suffix.len() > MAX_SUFFIX || !suffix.chars().all(in_suffix) {
        return Err("a suffix takes 1 to 10 letters, digits, _ . and -".into());
    }
    Ok(())
}

/// The suffix for a sub-domain: itself cut to ten allowed characters, with a number if taken.
///
/// `None` if a hundred numbers are taken.
#[must_use]
pub fn suffix(sub_domain: &str, is_taken: &dyn Fn(&str) -> bool) -> Option<String> {
    let allowed: String = sub_domain.chars().filter(|c| in_suffix(*c)).collect();
    let stem = if allowed.is_empty() { APEX_SUFFIX } else { &allowed };
    (1..100).find_map(|number: u32| {
        let number = if number == 1 { String::new() } else { number.to_string() };
        let stem = stem.get(..stem.len().min(MAX_SUFFIX - number.len())).unwrap_or_default();
        let suffix = format!("{stem}{number}");
        (!is_taken(&suffix)).then_some(suffix)
    })
}

fn in_suffix(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Checks a password that the user has chosen.
///
/// # Errors
/// A sentence: what is allowed.
pub fn check_password(password: &str) -> Result<(), String> {
    if !PASSWORD_LENGTHS.contains(&password.len())
        || !password.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err("a password has 8 to 31 characters, printable ASCII without blanks".into());
    }
    Ok(())
}

/// A password of letters and digits, at least one of each kind, from random bytes.
///
/// `None` if too many of the bytes fit no letter evenly: ask for new ones, it does not last.
#[must_use]
pub fn password(random: &[u8; RANDOM_LENGTH]) -> Option<Secret> {
    const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &[u8] = b"0123456789";
    let all = [LOWER, UPPER, DIGITS].concat();
    let mut random = random.iter().copied();
    let mut password = String::new();
    for index in 0..PASSWORD_LENGTH {
        let alphabet = match index {
            0 => LOWER,
            1 => UPPER,
            2 => DIGITS,
            _ => &all,
        };
        password.push(pick(alphabet, &mut random)?);
    }
    Some(Secret::new(password))
}

/// A byte is thrown away if it would make the first letters more likely than the last ones.
fn pick(alphabet: &[u8], random: &mut impl Iterator<Item = u8>) -> Option<char> {
    let length = alphabet.len();
    let even = 256 - 256 % length;
    let index = random.map(usize::from).find(|byte| *byte < even)? % length;
    alphabet.get(index).map(|letter| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_domains_are_checked_and_the_zone_is_not_doubled() {
        let good = [
            ("", ""),
            ("@", ""),
            ("Home", "home"),
            ("a.b-c", "a.b-c"),
            ("home.", "home"),
            ("myexample.com", "myexample.com"),
        ];
        for (text, expected) in good {
            assert_eq!(sub_domain(text, "example.com").as_deref(), Ok(expected), "{text}");
        }
        let long = "a".repeat(64);
        let bad = [
            ("*", "logins only"),
            ("*.a", "logins only"),
            ("home.example.com", "as home"),
            ("Example.COM.", "as @"),
            ("a..b", "labels"),
            ("a b", "labels"),
            ("-a", "labels"),
            ("é", "labels"),
            (&long, "labels"),
            ("a/b", "labels"),
        ];
        for (text, expected) in bad {
            let sentence = sub_domain(text, "example.com").unwrap_err();
            assert!(sentence.contains(expected), "{text}: {sentence}");
        }
    }

    #[test]
    fn suffixes_come_from_the_sub_domain() {
        let rows: [(&str, &[&str], &str); 6] = [
            ("home", &[], "home"),
            ("home", &["home"], "home2"),
            ("home", &["home", "home2"], "home3"),
            ("a.very-long_name", &[], "a.very-lon"),
            ("a.very-long_name", &["a.very-lon"], "a.very-lo2"),
            ("", &["dynhost"], "dynhost2"),
        ];
        for (sub_domain, taken, expected) in rows {
            let found = suffix(sub_domain, &|suffix| taken.contains(&suffix));
            assert_eq!(found.as_deref(), Some(expected), "{sub_domain} {taken:?}");
            assert_eq!(check_suffix(expected), Ok(()));
        }
        assert_eq!(suffix("home", &|_| true), None);
        for bad in ["", "elevenchars", "a b", "é", "a/b", "*"] {
            assert!(check_suffix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_fit_the_form_and_use_the_bytes_they_are_given() {
        let made = |step: u8| {
            let mut bytes = [0; RANDOM_LENGTH];
            for (index, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(index).unwrap().wrapping_mul(step).wrapping_add(step);
            }
            password(&bytes).unwrap()
        };
        let (one, other) = (made(7), made(11));
        for made in [&one, &other] {
            assert_eq!(check_password(made.reveal()), Ok(()));
            assert_eq!(made.reveal().len(), PASSWORD_LENGTH);
            let has = |kind: fn(&u8) -> bool| made.reveal().as_bytes().iter().any(kind);
            assert!(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
            assert!(has(u8::is_ascii_digit));
        }
        assert_ne!(one, other);
        assert_eq!(password(&[255; RANDOM_LENGTH]), None);
        for bad in ["", "7letter", &"a".repeat(32), "with blank", "pässwörd", "a\nb45678"] {
            assert!(check_password(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let mut counts = [0; 62];
        let alphabet: Vec<u8> = (0..62).collect();
        for byte in 0..=255 {
            if let Some(letter) = pick(&alphabet, &mut [byte].into_iter()) {
                counts[letter as usize] += 1;
            }
        }
        assert_eq!(counts, [4; 62]);
    }
}
