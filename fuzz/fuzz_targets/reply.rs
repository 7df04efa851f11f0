//! Any status and any bytes: no panic, and only one kind of answer is a success.
#![no_main]

use std::net::IpAddr;

use dynhost::provider::reply::{self, BODY_MAX, Meaning};
use dynhost::text::is_printable;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "k7#q9:z%2x";
/// Stands in the URL.
const TOKEN: &str = "t0k3n-of-3xample";

/// Whether status 200 carries a word of success first, and no other address right behind it.
fn may_be_success(status: u16, body: &[u8], sent: IpAddr) -> bool {
    let body = String::from_utf8_lossy(&body[..body.len().min(BODY_MAX)]);
    let line = body.split('\n').map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let mut words = line.split(|c: char| c.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let word = words.next().unwrap_or("").to_lowercase();
    let echo = words.next().and_then(|word| word.parse::<IpAddr>().ok());
    let echo = echo.filter(|echo| echo.to_canonical().is_ipv4() == sent.is_ipv4());
    let words = ["good", "nochg", "successfully_changed", "no_change"];
    status == 200
        && words.contains(&word.as_str())
        && echo.is_none_or(|echo| echo.to_canonical() == sent)
}

fuzz_target!(|response: &[u8]| {
    let Some((status, body)) = response.split_first_chunk() else { return };
    let status = u16::from_be_bytes(*status);
    for sent in ["203.0.113.7", "2a01:cb00:1:2::10"] {
        let sent: IpAddr = sent.parse().expect("an address");
        let mut reply = reply::read(status, Some(60), body, sent);
        reply.quote(body, &["example.com-home", PASSWORD, TOKEN]);
        let stored = reply.word.meaning() == Meaning::Stored;
        assert!(!stored || may_be_success(status, body, sent), "{reply:?}");
        assert!(!reply.text.is_empty());
        assert!(reply.text.chars().all(is_printable), "{reply:?}");
        for secret in [PASSWORD, TOKEN] {
            assert!(!reply.text.to_lowercase().contains(&secret[..6]), "{reply:?}");
        }
        assert_eq!(reply.retry_after, Some(60));
    }
});
