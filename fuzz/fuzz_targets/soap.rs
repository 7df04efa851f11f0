//! Any answer of a service: an address only under status 200, and only if it is in the text.
#![no_main]

use dynhost::address::upnp::soap::{self, Action};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((status, document)) = input.split_first() else { return };
    let status = if status % 2 == 0 { 200 } else { 500 };
    let said = soap::read(Action::ExternalAddress, status, document);
    if let Ok(address) = soap::address(status, document) {
        assert_eq!((status, said), (200, Ok(address.to_string())));
    }
    let _ = soap::may_be_connected(status, document);
});
