//! Any bytes by which the agent that stays is asked, or answers: no panic, nothing past a limit,
//! and what is understood is understood the same when it is said again, however it arrives.
#![no_main]

use dynhost::poke::{ANSWER_MAX, Answer, Garbled, NAME_MAX, NAMES_MAX, REQUEST_MAX, Request};
use libfuzzer_sys::fuzz_target;

/// Each beginning is read anew.
const PREFIX_MAX: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    check_request(bytes);
    check_answer(bytes);
});

fn check_request(bytes: &[u8]) {
    let decoded = Request::decode(bytes);
    // What is garbled stays so, and what has its end has no other before.
    for length in 0..bytes.len().min(PREFIX_MAX) {
        match Request::decode(&bytes[..length]) {
            Ok(None) => {}
            Ok(Some(_)) => assert_eq!(decoded, Err(Garbled)),
            Err(Garbled) => {
                assert_eq!(decoded, Err(Garbled));
                return;
            }
        }
    }
    let Ok(Some(request)) = decoded else { return };
    assert!(bytes.len() <= REQUEST_MAX);
    assert!(request.hosts.len() <= NAMES_MAX && request.resume.len() <= NAMES_MAX);
    let mut names = request.hosts.iter().chain(&request.interface).chain(&request.resume);
    assert!(names.all(|name| name.len() <= NAME_MAX && name.bytes().all(|b| b.is_ascii_graphic())));
    let again = request.encode().expect("what was read is within the limits");
    assert_eq!(Request::decode(again.as_bytes()), Ok(Some(request)));
}

fn check_answer(bytes: &[u8]) {
    let Some(Answer { lines, exit }) = Answer::decode(bytes) else { return };
    assert!(bytes.len() > ANSWER_MAX || lines.len() < ANSWER_MAX);
    assert!(lines.is_empty() || lines.ends_with('\n'));
    let again = Answer::encode(&lines, exit);
    assert_eq!(Answer::decode(again.as_bytes()), Some(Answer { lines, exit }));
}
