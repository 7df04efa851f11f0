//! Any bytes as a state file and as the lines behind it, at any time: no panic, what is accepted is
//! written and read back unchanged, and no time lies further ahead than this program can have put it.
#![no_main]

use dynhost::judge::Facts;
use dynhost::state::{FILE_MAX, MAX_RECORDS, MAX_REMOVED, State, journal};
use dynhost::{RELEASED, Time, view};
use libfuzzer_sys::fuzz_target;

const HALF_HOUR: Time = 1800;
const TEN_YEARS: Time = 10 * 365 * 86_400;

fn check(content: &[u8], now: Time) {
    // The file is the first line, and records that follow it are the others.
    let file = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(mut state) = State::from_json(file, now) else { return };
    let base = journal::base(file);
    let lines = content.split_inclusive(|byte| *byte == b'\n').skip(1);
    let behind: Vec<u8> = lines.flat_map(|line| [base.as_bytes(), b" ", line].concat()).collect();
    let before = state.records.len();
    state.replay(&base, &behind, now);
    assert_eq!(state.records.len(), before);
    for record in &state.records {
        let again = journal::line(&base, record);
        let mut other = state.clone();
        other.replay(&base, &again, now);
        assert_eq!(other, state);
    }
    assert!(file.len() <= FILE_MAX && state.records.len() <= MAX_RECORDS);
    assert!(state.removed.len() <= MAX_REMOVED);
    assert!(state.written_at <= now.max(RELEASED).saturating_add(TEN_YEARS));
    let removed = state.removed.iter().map(|removed| &removed.record);
    for record in state.records.iter().chain(removed) {
        let facts = Facts::of(&record.past, (record.shown.phase, record.shown.reason.clone()));
        assert!(facts.published.is_none_or(|published| published.at <= now));
        assert!(facts.last.is_none_or(|last| last.at <= now));
        assert!(facts.failing_since.is_none_or(|at| at <= now));
        assert!(facts.bucket_full_at.is_none_or(|at| at <= now.saturating_add(HALF_HOUR)));
    }
    let json = state.to_json();
    assert!(json.len() <= FILE_MAX);
    assert_eq!(State::from_json(&json, now).as_ref(), Ok(&state));
    // What is shown of it must bear any record, too.
    let _ = view::table(&state.records, now);
    let _ = view::prometheus(&state.records);
}

fuzz_target!(|content: &[u8]| {
    for now in [0, 1000, RELEASED, RELEASED + 1_000_000, Time::MAX] {
        check(content, now);
    }
});
