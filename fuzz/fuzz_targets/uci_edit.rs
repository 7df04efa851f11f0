//! Bytes -> a text with options set in place: it reads as wanted, and all else is as it was.
#![no_main]

use dynhost::uci::edit::{Refusal, Target, Wanted, set};
use dynhost::uci::{self, Section, Value};
use libfuzzer_sys::fuzz_target;

// The first byte chooses how much of the rest is the value, what follows that is the text.
fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (value, text) = rest.split_at(rest.len().min(usize::from(*length)));
    let value = String::from_utf8_lossy(value);
    let (first, second) = value.split_once(',').unwrap_or((&value, ""));
    let items = [first, second];
    let target = Target { kind: "host", name: "home" };
    for wanted in [Wanted::Absent, Wanted::Value(&value), Wanted::List(&items)] {
        check(text, target, wanted);
    }
});

fn check(text: &[u8], target: Target<'_>, wanted: Wanted<'_>) {
    let options = [("password", wanted)];
    let before = uci::parse(text);
    let after = match set(text, target, &options) {
        Ok(after) => after,
        Err(Refusal::Unfit(why)) => {
            // Limits, and a value that no text can hold.
            let limits = ["allowed are", "more than", "never closed"];
            assert!(limits.iter().any(|limit| why.contains(limit)), "{why}");
            return;
        }
        Err(_) => return,
    };
    let read = uci::parse(&after);
    assert!(read.faults.is_empty());
    let own = |section: &&Section<'_>| section.name.as_deref() == Some("home");
    let section = read.sections.iter().find(own).expect("the section is there");
    let value = section.option("password").map(|entry| &entry.value);
    match (wanted, value) {
        (Wanted::Absent | Wanted::Value(""), None) => {}
        (Wanted::Value(wanted), Some(Value::String(value))) => assert_eq!(value, wanted),
        (Wanted::List(wanted), Some(Value::List(items))) => {
            assert!(items.iter().map(|(_, item)| &**item).eq(wanted.iter().copied()));
        }
        (wanted, value) => panic!("{wanted:?} {value:?}"),
    }
    let others = |parsed: &uci::Parsed<'_>| {
        parsed.sections.iter().filter(|section| !own(section)).map(show).collect::<Vec<_>>()
    };
    assert_eq!(others(&before), others(&read));
    assert_eq!(set(&after, target, &options), Ok(after));
}

/// A section without its lines.
fn show(section: &Section<'_>) -> String {
    let mut shown = format!("{} {:?}", section.kind, section.name);
    for entry in &section.options {
        match &entry.value {
            Value::String(value) => shown += &format!(" {}={value:?}", entry.name),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|(_, item)| item).collect();
                shown += &format!(" {}={items:?}", entry.name);
            }
        }
    }
    shown
}
