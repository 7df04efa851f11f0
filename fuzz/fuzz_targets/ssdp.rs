//! Any answer to a search: only the gateway's own, and only to itself, is followed.
#![no_main]

use std::net::Ipv4Addr;

use dynhost::address::upnp::ssdp::{self, Answer};
use libfuzzer_sys::fuzz_target;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const OTHER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 66);

fuzz_target!(|datagram: &[u8]| {
    match ssdp::read(datagram, GATEWAY, GATEWAY) {
        Some(Answer::Described(url)) => {
            let shown = url.to_string();
            assert!(shown.starts_with("http://192.168.1.1:"), "{shown}");
            assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()), "{shown}");
            // Whatever is put after it leads to the gateway, too.
            let text = String::from_utf8_lossy(datagram);
            for reference in text.lines() {
                if let Some(url) = url.join(reference) {
                    assert!(url.to_string().starts_with("http://192.168.1.1:"), "{url}");
                }
            }
        }
        Some(Answer::Foreign(_)) => panic!("the gateway is no stranger"),
        Some(Answer::Elsewhere) | None => {}
    }
    let foreign = ssdp::read(datagram, OTHER, GATEWAY);
    assert!(matches!(foreign, None | Some(Answer::Foreign(OTHER))));
});
