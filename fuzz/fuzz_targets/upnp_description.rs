//! Any description: no panic, no endless scan, and every service is the gateway's own.
#![no_main]

use std::net::Ipv4Addr;

use dynhost::address::upnp::description::{self, MAX_SERVICES};
use dynhost::address::upnp::url::Url;
use libfuzzer_sys::fuzz_target;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);

fuzz_target!(|document: &[u8]| {
    let location = Url::at(GATEWAY, "http://192.168.1.1:5000/rootDesc.xml").expect("a URL");
    if let Ok(found) = description::read(document, &location) {
        assert!((1..=MAX_SERVICES).contains(&found.services.len()));
        for service in found.services {
            let shown = service.control.to_string();
            assert!(shown.starts_with("http://192.168.1.1:"), "{shown}");
            assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()), "{shown}");
        }
    }
});
