//! SSDP: the question who is a gateway, and the answers, of which most are not to be believed.

use std::net::Ipv4Addr;

use super::url::Url;

/// Where the question goes to.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// Likewise.
pub const PORT: u16 = 1900;
/// Versions of the device that are asked for.
pub const VERSIONS: [u8; 2] = [1, 2];
/// An answer has some 400 bytes.
pub const ANSWER_MAX: usize = 2048;

/// The search for gateways of this version.
#[must_use]
pub fn search(version: u8) -> String {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {GROUP}:{PORT}\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n\
         ST: urn:schemas-upnp-org:device:InternetGatewayDevice:{version}\r\n\r\n"
    )
}

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The gateway says where it is described.
    Described(Url),
    /// The gateway says so of another machine, which is not believed.
    Elsewhere,
    /// Another machine answers.
    Foreign(Ipv4Addr),
}

/// Reads an answer; `None` if it is none. Names come in any case, with blanks or without.
#[must_use]
pub fn read(datagram: &[u8], sender: Ipv4Addr, gateway: Ipv4Addr) -> Option<Answer> {
    let text = std::str::from_utf8(datagram).ok().filter(|text| text.len() <= ANSWER_MAX)?;
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut status = lines.next()?.split_ascii_whitespace();
    let is_http = status.next()?.get(..7)?.eq_ignore_ascii_case("HTTP/1.");
    if !is_http || status.next() != Some("200") {
        return None;
    }
    let mut headers = lines.take_while(|line| !line.is_empty());
    let location = headers.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("LOCATION").then_some(value)
    })?;
    if sender != gateway {
        return Some(Answer::Foreign(sender));
    }
    Some(Url::at(gateway, location).map_or(Answer::Elsewhere, Answer::Described))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
    const ROGUE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 66);

    fn read(text: &str, sender: Ipv4Addr) -> Option<Answer> {
        super::read(text.as_bytes(), sender, GATEWAY)
    }

    #[test]
    fn a_location_is_read_in_any_spelling() {
        let url = Url::at(GATEWAY, "http://192.168.1.1:5000/d.xml").unwrap();
        for text in [
            "HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.1.1:5000/d.xml\r\n\r\n",
            "HTTP/1.1 200 OK\r\nLocation:http://192.168.1.1:5000/d.xml\r\n",
            "http/1.0 200\nlocation:   http://192.168.1.1:5000/d.xml  \nEXT:",
        ] {
            assert_eq!(read(text, GATEWAY), Some(Answer::Described(url.clone())), "{text}");
            assert_eq!(read(text, ROGUE), Some(Answer::Foreign(ROGUE)), "{text}");
        }
    }

    #[test]
    fn the_gateway_is_not_believed_about_other_machines() {
        for place in [
            "http://192.168.1.66/d.xml",
            "http://127.0.0.1:5000/d.xml",
            "http://[fe80::1]:5000/d.xml",
            "https://192.168.1.1/d.xml",
            "",
        ] {
            let text = format!("HTTP/1.1 200 OK\r\nLOCATION: {place}\r\n\r\n");
            assert_eq!(read(&text, GATEWAY), Some(Answer::Elsewhere), "{place}");
        }
    }

    #[test]
    fn what_is_no_answer_is_passed_over() {
        let long =
            format!("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\nX: {}", "a".repeat(2048));
        for text in [
            "",
            "NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nLOCATION: http://192.168.1.1/\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nLOCATION: http://192.168.1.1/\r\n",
            "HTTP/1.1 200 OK\r\nST: x\r\n\r\n",
            "HTTP/1.1",
            &long,
        ] {
            assert_eq!(read(text, GATEWAY), None, "{text}");
        }
        assert_eq!(super::read(b"HTTP/1.1 200 OK\r\nLOCATION: \xff", GATEWAY, GATEWAY), None);
    }

    #[test]
    fn both_versions_are_asked_for() {
        for version in VERSIONS {
            let text = search(version);
            assert!(text.ends_with(&format!("GatewayDevice:{version}\r\n\r\n")));
            assert!(text.starts_with("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"));
        }
    }
}
