//! Single records behind the state file: what 32 hosts come to is not written 32 times over.
//!
//! While updates are under way each outcome is a line of its own, and the file follows when all are
//! in. A line names the content of the file that it belongs to, so what a cut leaves behind counts
//! for nothing once the file has followed. A line that is torn is none.

use ring::digest;

use super::file::{MAX_RECORDS, State};
use super::flat::{Flat, RECORD_JSON_MAX};
use super::record::Record;
use crate::Time;
use crate::json::is_too_deep;
use crate::text::TEXT_MAX;

/// Lines behind one content of the file, at most; then it is written anew.
pub const MAX_LINES: usize = 2 * MAX_RECORDS;
/// The base, a blank, the record and a newline.
const LINE_MAX: usize = BASE_LENGTH + 1 + RECORD_JSON_MAX + 1;
/// A journal that is longer is not ours.
pub const JOURNAL_MAX: usize = MAX_LINES * LINE_MAX;
/// Digits of the digest: as many as tell apart what one device writes in its life.
const BASE_LENGTH: usize = 16;

/// The content of the file that lines belong to: the start of its SHA-256 in hexadecimal digits.
pub type Base = heapless::String<BASE_LENGTH>;

/// The base of lines behind this content of the file.
#[must_use]
pub fn base(content: &[u8]) -> Base {
    let digest = digest::digest(&digest::SHA256, content);
    let nibbles = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = nibbles.take(BASE_LENGTH).filter_map(|nibble| char::from_digit(nibble.into(), 16));
    digits.collect()
}

/// The line of a record.
#[must_use]
pub fn line(base: &Base, record: &Record) -> Vec<u8> {
    let mut line = vec![0; LINE_MAX];
    let begin = BASE_LENGTH + 1;
    let room = line.get_mut(begin..LINE_MAX - 1).unwrap_or_default();
    // The buffer is as large as the types allow, so this cannot be cut short.
    let length = serde_json_core::to_slice(&Flat::of(record), room).unwrap_or(0);
    line.truncate(begin + length);
    line.splice(..begin, base.bytes().chain([b' ']));
    line.push(b'\n');
    line
}

impl State {
    /// Takes what the lines of a journal say that belong to `base`, the file that was read.
    pub fn replay(&mut self, base: &Base, journal: &[u8], now: Time) {
        for line in journal.split_inclusive(|byte| *byte == b'\n') {
            let Some(record) = read(base, line).map(|flat| flat.record(now)) else { continue };
            let is_it = |known: &&mut Record| {
                let (known, told) = (&known.identity, &record.identity);
                known.section == told.section && known.family == told.family
            };
            if let Some(known) = self.records.iter_mut().find(is_it) {
                *known = record;
            }
        }
    }
}

/// The record of a line that is whole and belongs to `base`.
fn read(base: &Base, line: &[u8]) -> Option<Flat> {
    let json = line.strip_suffix(b"\n")?.strip_prefix(base.as_bytes())?.strip_prefix(b" ")?;
    if is_too_deep(json) {
        return None;
    }
    let mut unescaped = [0; TEXT_MAX];
    let (flat, used) = serde_json_core::from_slice_escaped::<Flat>(json, &mut unescaped).ok()?;
    (used == json.len() && flat.is_ours()).then_some(flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::judge::{self, Outcome};
    use crate::provider::failure::Failure;
    use crate::state::Identity;

    const NOW: Time = crate::RELEASED + 1000;

    fn record(number: usize) -> Record {
        Record::new(Identity {
            section: format!("host{number}").as_str().try_into().expect("it is short"),
            hostname: format!("host{number}.example.com").as_str().try_into().expect("as well"),
            family: Family::Ipv4,
            fingerprint: "9f86d081".try_into().expect("eight digits"),
        })
    }

    /// After an update that failed.
    fn failed(mut record: Record) -> Record {
        let address = [81, 2, 69, 10].into();
        let begun = judge::begin(NOW, &record.past, address);
        record.past = judge::learn(NOW, &begun, address, &Outcome::Failed(Failure::Refused));
        record
    }

    fn state() -> State {
        let mut state = State::default();
        state.records.extend((0..4).map(record));
        state
    }

    fn replayed(journal: &[u8]) -> Vec<bool> {
        let (mut state, before) = (state(), state());
        let base = base(&before.to_json());
        state.replay(&base, journal, NOW);
        let pairs = state.records.into_iter().zip(before.records);
        let has_failed = |(now, before): (Record, Record)| {
            let read = Flat::of(&failed(before.clone())).record(NOW);
            assert!(now == before || now == read, "{now:?}");
            now != before
        };
        pairs.map(has_failed).collect()
    }

    fn journal(base: &Base) -> Vec<u8> {
        [2, 0, 3].iter().flat_map(|number| line(base, &failed(record(*number)))).collect()
    }

    #[test]
    fn wherever_a_cut_tears_the_journal_each_record_is_the_old_or_the_new_one() {
        let journal = journal(&base(&state().to_json()));
        let mut seen = Vec::new();
        for length in 0..=journal.len() {
            seen.push(replayed(&journal[..length]));
        }
        seen.dedup();
        let expected = [
            [false, false, false, false],
            [false, false, true, false],
            [true, false, true, false],
            [true, false, true, true],
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_belongs_to_another_file_or_is_not_ours_counts_for_nothing() {
        let own = base(&state().to_json());
        let good = line(&own, &failed(record(1)));
        let text = String::from_utf8(good.clone()).expect("JSON");
        assert_eq!(replayed(&good), [false, true, false, false]);
        let stranger = line(&own, &failed(record(9)));
        for journal in [
            journal(&base(b"{}")),
            stranger.clone(),
            text.replace("host1", "host1\u{1b}").into_bytes(),
            text.replace("\"code\":\"", "\"code\":\"un").into_bytes(),
            text.replace("}\n", "}}\n").into_bytes(),
            text.replacen('{', "{{", 1).into_bytes(),
            format!("{own} {}\n", "[".repeat(4096)).into_bytes(),
            format!("{own} null\n").into_bytes(),
            b"\n\n \n\xff\n".to_vec(),
        ] {
            let shown = String::from_utf8_lossy(&journal).into_owned();
            assert_eq!(replayed(&journal), [false; 4], "{shown}");
            // What comes behind it is read all the same.
            assert_eq!(replayed(&[&journal[..], &good].concat()), [false, true, false, false]);
        }
    }

    #[test]
    fn the_longest_record_has_room_in_a_line() {
        let base = base(b"");
        assert_eq!(base.as_str(), "e3b0c44298fc1c14", "SHA-256 of nothing (FIPS 180-4)");
        let line = line(&base, &super::super::tests::full_record());
        assert!(line.len() <= LINE_MAX && line.ends_with(b"}\n"), "{}", line.len());
        assert!(read(&base, &line).is_some());
    }
}
