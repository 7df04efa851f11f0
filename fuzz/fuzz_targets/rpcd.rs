//! Any bytes that rpcd hands over, and any text that they are to change: a refusal in JSON that
//! repeats nothing, or a text that is still read, in which nothing but what was named has changed.
#![no_main]

use dynhost::uci::{self, Section};
use libfuzzer_sys::fuzz_target;

const METHODS: [&str; 10] =
    ["set", "pause", "remove", "setup", "doctor", "update", "resume", "status", "config", "check"];

// The first byte chooses the method, the second one how much of the rest is the call.
fuzz_target!(|bytes: &[u8]| {
    let [method, length, rest @ ..] = bytes else { return };
    let method = METHODS[usize::from(*method) % METHODS.len()];
    let (input, text) = rest.split_at(rest.len().min(4 * usize::from(*length)));
    let (refusal, changed) = dynhost::rpcd::rehearse(method, input, text);
    if let Some(refusal) = refusal {
        assert!(changed.is_none());
        assert!(refusal.starts_with("{\"error\":{\"code\":\"") && is_printable(&refusal));
        return;
    }
    let Some(changed) = changed else { return };
    match method {
        "doctor" => {
            let answer = String::from_utf8(changed).expect("UTF-8");
            assert!(answer.starts_with("{\"running\":") && is_printable(&answer));
            assert!(!answer.contains("\"password\":"), "only what is known is shown");
        }
        "setup" => check_keys(method, input, &changed),
        _ => check_configuration(text, &changed),
    }
});

fn is_printable(json: &str) -> bool {
    json.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Keys that are in are not put in once more.
fn check_keys(method: &str, input: &[u8], text: &[u8]) {
    let again = dynhost::rpcd::rehearse(method, input, text);
    assert_eq!(again, (None, Some(text.to_vec())));
}

/// One host at most is another one, or gone; everything else is as it was.
fn check_configuration(before: &[u8], after: &[u8]) {
    let (before, after) = (uci::parse(before), uci::parse(after));
    assert!(after.faults.is_empty());
    let shown = |sections: &[Section<'_>]| {
        sections
            .iter()
            .map(|section| {
                format!(
                    "{} {:?} {:?}",
                    section.kind,
                    section.name,
                    section
                        .options
                        .iter()
                        .map(|entry| (&entry.name, value(entry)))
                        .collect::<Vec<_>>()
                )
            })
            .collect::<Vec<_>>()
    };
    let (old, new) = (shown(&before.sections), shown(&after.sections));
    let gone = old.iter().filter(|section| !new.contains(section)).count();
    let come = new.iter().filter(|section| !old.contains(section)).count();
    assert!(gone <= 1 && come <= 1, "{old:?} {new:?}");
}

fn value(entry: &dynhost::uci::Entry<'_>) -> String {
    match &entry.value {
        uci::Value::String(value) => format!("{value:?}"),
        uci::Value::List(items) => {
            format!("{:?}", items.iter().map(|(_, item)| item).collect::<Vec<_>>())
        }
    }
}
