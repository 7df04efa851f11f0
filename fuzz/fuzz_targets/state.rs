//! Any bytes as a state file, at any time: no panic, what is accepted is written and read back
//! unchanged, and no time lies further ahead than this program can have put it.
#![no_main]

use dynhost::state::{FILE_MAX, MAX_RECORDS, State};
use dynhost::{RELEASED, Time, status};
use libfuzzer_sys::fuzz_target;

const HALF_HOUR: Time = 1800;
const TEN_YEARS: Time = 10 * 365 * 86_400;

fn check(content: &[u8], now: Time) {
    let Ok(state) = State::from_json(content, now) else { return };
    assert!(content.len() <= FILE_MAX && state.records.len() <= MAX_RECORDS);
    assert!(state.written_at <= now.max(RELEASED).saturating_add(TEN_YEARS));
    for record in &state.records {
        assert!(record.published.as_ref().is_none_or(|published| published.at <= now));
        assert!(record.last.as_ref().is_none_or(|last| last.at <= now));
        assert!(record.failing_since.is_none_or(|at| at <= now));
        assert!(record.bucket_full_at.is_none_or(|at| at <= now.saturating_add(HALF_HOUR)));
    }
    let json = state.to_json();
    assert!(json.len() <= FILE_MAX);
    assert_eq!(State::from_json(&json, now).as_ref(), Ok(&state));
    // What is shown of it must bear any record, too.
    let _ = status::table(&state, now);
    let _ = status::prometheus(&state);
}

fuzz_target!(|content: &[u8]| {
    for now in [0, 1000, RELEASED, RELEASED + 1_000_000, Time::MAX] {
        check(content, now);
    }
});
