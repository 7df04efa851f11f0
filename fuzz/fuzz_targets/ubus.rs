//! Any bytes from ubusd: no panic, no difference by how they arrive, nothing past a limit.
#![no_main]

use dynhost::ubus::{Decoder, InterfaceStatus, MAX_MESSAGE, Malformed, Message};
use libfuzzer_sys::fuzz_target;

fn messages(stream: &[u8], piece: usize) -> (Vec<Message>, Option<Malformed>) {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for piece in stream.chunks(piece) {
        decoder.push(piece).expect("a decoder that is emptied has room");
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(fault) => {
                    assert_eq!(decoder.next_message(), Err(fault));
                    return (messages, Some(fault));
                }
            }
        }
    }
    (messages, None)
}

fn check(data: &[u8]) {
    let Ok(status) = InterfaceStatus::decode(data) else { return };
    for delegated in &status.prefixes {
        assert!(delegated.prefix.length <= 128);
        assert!(delegated.prefix.contains(delegated.prefix.address));
        assert!(delegated.downstream.iter().all(|network| network.subnet.length <= 128));
    }
}

fuzz_target!(|stream: &[u8]| {
    let (whole, fault) = messages(stream, 4096);
    assert_eq!((whole.clone(), fault), messages(stream, 1));
    assert!(whole.iter().all(|message| message.data.len() < MAX_MESSAGE));
    whole.iter().for_each(|message| check(&message.data));
    check(stream);
});
