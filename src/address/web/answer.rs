//! What sites answered -> the one address that they see.

use std::net::IpAddr;

use super::Refusal;
use crate::address::Family;

/// An answer that is longer is none.
pub const ANSWER_MAX: usize = 64;

/// The address that a site sees: the first line of its answer, if it is nothing but that.
///
/// # Errors
/// Why it is none.
pub fn read(site: &str, (status, body): (u16, &[u8]), family: Family) -> Result<IpAddr, Refusal> {
    if status != 200 {
        return Err(Refusal::Status { site: site.to_owned(), status });
    }
    if body.len() > ANSWER_MAX {
        return Err(Refusal::TooLong(site.to_owned()));
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim();
    let address = line.parse().ok().filter(|address| Family::of(*address) == family);
    address.ok_or_else(|| Refusal::NoAddress { site: site.to_owned(), family })
}

/// The address that all sites see which named one.
///
/// # Errors
/// Two see different ones, or none named one: then the reason of the first.
pub fn agreed(
    seen: impl IntoIterator<Item = (String, Result<IpAddr, Refusal>)>,
) -> Option<Result<IpAddr, Refusal>> {
    let (mut first, mut refusal): (Option<(String, IpAddr)>, _) = (None, None);
    for (site, answer) in seen {
        match (answer, &first) {
            (Err(why), _) => refusal = refusal.or(Some(why)),
            (Ok(address), None) => first = Some((site, address)),
            (Ok(address), Some((_, other))) if address == *other => {}
            (Ok(address), Some(other)) => {
                return Some(Err(Refusal::Disagree([other.clone(), (site, address)])));
            }
        }
    }
    first.map(|(_, address)| Ok(address)).or(refusal.map(Err))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_one_address_of_the_family_or_there_is_none() {
        let is = |body: &[u8], family| read("s", (200, body), family).map(|ip| ip.to_string());
        for body in ["81.2.69.10", "81.2.69.10\n", " 81.2.69.10 \r\nmore", "81.2.69.10\nx\n"] {
            assert_eq!(is(body.as_bytes(), Family::Ipv4), Ok("81.2.69.10".into()), "{body}");
        }
        assert_eq!(is(b"2a01:cb00::1\n", Family::Ipv6), Ok("2a01:cb00::1".into()));
        for body in [
            &b""[..],
            b"\n81.2.69.10",
            b"81.2.69.10 x",
            b"<html>81.2.69.10",
            b"81.2.69",
            b"081.2.69.10",
            b"2a01:cb00::1",
            b"::ffff:81.2.69.10",
            b"81.2.69.10\xff",
        ] {
            assert!(is(body, Family::Ipv4).is_err(), "{body:?}");
        }
        assert!(is(b"81.2.69.10", Family::Ipv6).is_err());
        let long = [b"81.2.69.10\n", &[b' '; ANSWER_MAX][..]].concat();
        assert_eq!(is(&long, Family::Ipv4), Err(Refusal::TooLong("s".into())));
        for status in [204, 206, 301, 403, 500] {
            let refusal = read("s", (status, b"81.2.69.10"), Family::Ipv4).unwrap_err();
            assert_eq!(refusal, Refusal::Status { site: "s".into(), status });
        }
    }

    #[test]
    fn sites_agree_or_nothing_is_published() {
        let (a, b): (IpAddr, IpAddr) = ([81, 2, 69, 10].into(), [81, 2, 69, 11].into());
        let no = || Err(Refusal::TooLong("x".into()));
        let agree = |seen: Vec<Result<IpAddr, Refusal>>| {
            agreed(seen.into_iter().enumerate().map(|(n, seen)| (n.to_string(), seen)))
        };
        assert_eq!(agree(vec![]), None);
        assert_eq!(agree(vec![Ok(a)]), Some(Ok(a)));
        assert_eq!(agree(vec![Ok(a), Ok(a)]), Some(Ok(a)));
        assert_eq!(agree(vec![no(), Ok(a)]), Some(Ok(a)));
        assert_eq!(agree(vec![no(), no()]), Some(no()));
        let split = Refusal::Disagree([("0".into(), a), ("2".into(), b)]);
        assert_eq!(agree(vec![Ok(a), no(), Ok(b)]), Some(Err(split.clone())));
        let sentence = split.to_string();
        assert!(sentence.contains("81.2.69.10") && sentence.contains("81.2.69.11"), "{sentence}");
    }
}
