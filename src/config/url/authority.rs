//! Scheme, host and port of a URL (RFC 3986, section 3.2), which are checked.

use std::net::Ipv6Addr;

/// Longest URL, in bytes, with its placeholders.
pub(super) const MAX_URL: usize = 1024;

/// What follows scheme, host and port of a URL, which are checked; errors never repeat it.
pub(in crate::config) fn path_of(url: &str) -> Result<&str, String> {
    if url.len() > MAX_URL {
        return Err(format!("has {} bytes, allowed are {MAX_URL}", url.len()));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or("must start with https://")?;
    let illegal = |c: char| !c.is_ascii_graphic() || "\"<>\\^`|".contains(c);
    if url.contains(illegal) {
        return Err("has a character that no URL holds, write it as %XX".into());
    }
    if url.contains('#') {
        return Err("must not have a fragment (#), it is never sent".into());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    check(authority)?;
    Ok(path)
}

/// `HOST[:PORT]`, cut in two.
pub(super) fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn check(authority: &str) -> Result<(), String> {
    if authority.contains('@') {
        return Err("must not hold a login, use option username and option password".into());
    }
    let (host, port) = split(authority);
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let legal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).map_or_else(
        || !host.is_empty() && host.bytes().all(legal),
        |address| address.parse::<Ipv6Addr>().is_ok(),
    );
    if !legal {
        return Err("has no valid host after //, like dns.example.com or [2001:db8::1]".into());
    }
    let digits = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    match port {
        Some(port) if !digits(port) || !port.parse::<u16>().is_ok_and(|port| port > 0) => {
            Err("has no valid port after the host, allowed are 1 to 65535".into())
        }
        _ => Ok(()),
    }
}
