//! Bytes -> sections -> configuration: no panic, an end, lines that exist, and no password told.
#![no_main]

use dynhost::config::{self, HostEntry, Severity};
use dynhost::uci;
use libfuzzer_sys::fuzz_target;

const MARKER: &str = "Zq7MARKERq7Z";

fuzz_target!(|bytes: &[u8]| {
    check_faults(bytes);
    check_secrets(bytes);
});

/// Every fault names a line of the text, and what has faults of syntax has no hosts.
fn check_faults(bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    let parsed = uci::parse(bytes);
    assert!(parsed.faults.len() <= uci::MAX_FAULTS + 1);
    assert!(parsed.faults.iter().all(|fault| fault.line as usize <= lines));
    let config = config::read("dynhost.conf", bytes, &|_| Err("no such file".into()));
    assert!(config.faults.iter().all(|fault| fault.line as usize <= lines));
    assert!(config.faults.is_sorted_by_key(|fault| fault.line));
    let syntax = config.faults.iter().filter(|fault| fault.severity == Severity::File).count();
    assert_eq!(syntax, parsed.faults.len());
    assert!(syntax == 0 || config.hosts.is_empty());
    assert!(config.hosts.len() <= config::MAX_HOSTS);
    for entry in &config.hosts {
        match entry {
            HostEntry::Usable(host) => {
                assert!(!host.families.is_empty() && !host.sources.is_empty());
                assert!(host.families.iter().all(|family| host.provider.url.takes(*family)));
            }
            HostEntry::Faulty { fault, .. } => assert!(fault.starts_with("dynhost.conf:")),
        }
    }
}

/// Passwords before, in a file beside, and after the bytes stay out of every fault and `Debug`.
fn check_secrets(bytes: &[u8]) {
    if bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()) {
        return;
    }
    let mut text = format!("config host 'first'\n\toption password '{MARKER}'\n").into_bytes();
    text.extend_from_slice(bytes);
    text.extend_from_slice(
        format!("\nconfig host 'last'\n\toption password '{MARKER}'\n").as_bytes(),
    );
    let config = config::read("dynhost.conf", &text, &|_| Ok(format!("{MARKER}\n")));
    for fault in &config.faults {
        assert!(!fault.to_string().contains(MARKER), "{fault}");
    }
    assert!(!format!("{config:?}").contains(MARKER));
}
