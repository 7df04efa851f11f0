//! Any status and any bytes: no panic, and only one kind of answer is a success.
#![no_main]

use std::net::IpAddr;

use dynhost::reply::{self, BODY_MAX, Meaning};
use dynhost::text::is_printable;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "k7#q9:z%2x";

/// Whether status 200 carries `good` or `nochg` as its first word, and no other address behind it.
fn is_success(status: u16, body: &[u8], sent: IpAddr) -> bool {
    let body = String::from_utf8_lossy(&body[..body.len().min(BODY_MAX)]);
    let line = body.split('\n').map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let mut words = line.split(|c: char| c.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let word = words.next().unwrap_or("").to_lowercase();
    let echo = words.next().and_then(|word| word.parse::<IpAddr>().ok());
    status == 200 && ["good", "nochg"].contains(&word.as_str()) && echo.is_none_or(|e| e == sent)
}

fuzz_target!(|response: &[u8]| {
    let Some((status, body)) = response.split_first_chunk() else { return };
    let status = u16::from_be_bytes(*status);
    for sent in ["203.0.113.7", "2a01:cb00:1:2::10"] {
        let sent = sent.parse().expect("an address");
        let mut reply = reply::read(status, Some(60), body, sent);
        reply.quote(body, "example.com-home", PASSWORD);
        let stored = reply.word.meaning() == Meaning::Stored;
        assert_eq!(stored, is_success(status, body, sent), "{reply:?}");
        assert!(!reply.text.is_empty());
        assert!(reply.text.chars().all(is_printable), "{reply:?}");
        assert!(!reply.text.to_lowercase().contains(&PASSWORD[..6]), "{reply:?}");
        assert_eq!(reply.retry_after, Some(60));
    }
});
