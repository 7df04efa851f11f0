//! The file: what is written is read back, what is not ours is refused, each limit.

use serde::Deserialize;

use super::{FILE_MAX, Identity, MAX_RECORDS, MAX_REMOVED, Record, Removed, State, Unusable};
use crate::address::Family;
use crate::judge::verification::Verified;
use crate::judge::{self, Attempt, Code, Facts, Jitter, Outcome, Phase, Published, Shown};
use crate::provider::reply::Word;
use crate::text::{TEXT_MAX, Text, text};
use crate::{RELEASED, Time};

const NOW: Time = RELEASED + 1000;
const AHEAD_MAX: Time = 10 * 365 * 86_400;

fn identity() -> Identity {
    Identity {
        section: "home".try_into().unwrap(),
        hostname: "home.example.com".try_into().unwrap(),
        family: Family::Ipv4,
        fingerprint: "9f86d081".try_into().unwrap(),
    }
}

fn full_facts() -> Facts {
    let last = Attempt {
        at: NOW,
        address: "81.2.69.10".parse().unwrap(),
        code: Code::Word(Word::NotYours),
        text: text(format_args!("{}", "\"".repeat(TEXT_MAX))),
    };
    Facts {
        published: Some(Published { address: "2a01:cb00::1".parse().unwrap(), at: NOW }),
        in_doubt: true,
        last: Some(last),
        failing_since: Some(NOW - 7),
        failures: 3,
        retry_after: None,
        bucket_full_at: Some(NOW + 300),
        told: (Phase::Held, text(format_args!("a \"quoted\" \\ reason, é"))),
    }
}

pub(super) fn full_record() -> Record {
    record_of(full_facts())
}

fn record_of(facts: Facts) -> Record {
    let shown = Shown {
        phase: facts.told.0,
        reason: facts.told.1.clone(),
        address: Some("81.2.69.10".parse().unwrap()),
        device: Some("pppoe-wan".try_into().unwrap()),
        source: Some("interface".try_into().unwrap()),
        next_at: Some(NOW + 10),
    };
    let address = "2a01:cb00::1".parse().unwrap();
    let dns = Verified { address, at: RELEASED, agrees: false, repaired_at: Some(RELEASED) };
    Record { identity: identity(), past: facts.past(NOW), shown, dns: Some(dns) }
}

fn state_of(records: &[Record]) -> State {
    let mut state = State::default();
    (state.written_at, state.records) = (NOW, records.to_vec());
    state
}

fn json_of(state: &State) -> String {
    String::from_utf8(state.to_json()).unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    for count in [0, 1, MAX_RECORDS] {
        let mut state = state_of(&vec![full_record(); count]);
        assert_eq!(State::from_json(&state.to_json(), NOW).as_ref(), Ok(&state), "{count}");
        state.removed = vec![Removed { at: NOW, record: full_record() }; count];
        assert_eq!(State::from_json(&state.to_json(), NOW), Ok(state), "{count} removed");
    }
}

#[test]
fn the_largest_record_fits() {
    let longest = "2a01:cb00:1111:2222:3333:4444:5555:6666".parse().unwrap();
    let end = Time::MAX - 1;
    let mut facts = full_facts();
    facts.published = Some(Published { address: longest, at: end });
    facts.last.as_mut().unwrap().address = longest;
    facts.last.as_mut().unwrap().at = end;
    facts.last.as_mut().unwrap().code = Code::Word(Word::WrongEcho);
    (facts.failing_since, facts.bucket_full_at) = (Some(end), Some(end));
    facts.failures = u16::MAX;
    let mut record = record_of(full_facts());
    record.past = facts.past(end);
    record.identity.section = "h".repeat(32).as_str().try_into().unwrap();
    record.identity.hostname = "n".repeat(253).as_str().try_into().unwrap();
    record.shown.reason = text(format_args!("{}", "\\".repeat(TEXT_MAX)));
    record.shown.address = Some(longest);
    record.shown.next_at = Some(Time::MAX);
    let (at, agrees, repaired_at) = (Time::MAX, false, Some(Time::MAX));
    record.dns = Some(Verified { address: longest, at, agrees, repaired_at });
    let mut state = state_of(&vec![record.clone(); MAX_RECORDS]);
    state.removed = vec![Removed { at: Time::MAX, record }; MAX_REMOVED];
    let json = state.to_json();
    assert!(json.len() > 1000 && json.len() <= FILE_MAX);
    assert!(State::from_json(&json, end).is_ok());
}

#[test]
fn the_file_has_the_documented_fields() {
    let json = json_of(&state_of(&[full_record()]));
    let quotes = "\\\"".repeat(TEXT_MAX);
    let expected = [
        r#"{"version":1,"agent":"0.1.0","written_at":1795393000,"records":["#,
        r#"{"host":"home","hostname":"home.example.com","family":"ipv4","state":"held","#,
        r#""source":"interface","device":"pppoe-wan","address":"81.2.69.10","#,
        r#""reason":"a \"quoted\" \\ reason, é","#,
        r#""published":{"address":"2a01:cb00::1","at":1795393000},"in_doubt":true,"#,
        r#""last":{"at":1795393000,"address":"81.2.69.10","code":"!yours","text":""#,
        &quotes,
        r#"","hiccup":false},"failing_since":1795392993,"failures":3,"retry_after":null,"#,
        r#""next_at":1795393010,"bucket_full_at":1795393300,"fingerprint":"9f86d081","#,
        r#""dns":{"address":"2a01:cb00::1","at":1795392000,"agrees":false,"repaired_at":1795392000}}]}"#,
        "\n",
    ];
    let agent = format!(r#""agent":"{}""#, env!("CARGO_PKG_VERSION"));
    assert_eq!(json, expected.concat().replace(r#""agent":"0.1.0""#, &agent));
    let blank = json_of(&state_of(&[Record::new(identity())]));
    let nothing = r#""state":"pending","source":null,"device":null,"address":null,"reason":"","#;
    assert!(blank.contains(nothing), "{blank}");
    let nothing = r#""published":null,"in_doubt":false,"last":null,"failing_since":null,"#;
    assert!(blank.contains(nothing), "{blank}");
}

/// The fields of version 0.1.0, which had no field but these and refused a file without one.
#[allow(dead_code, reason = "it is read that counts")]
#[derive(Deserialize)]
struct File010 {
    version: u32,
    agent: heapless::String<32>,
    written_at: Time,
    records: Vec<Record010>,
}

#[allow(dead_code, reason = "it is read that counts")]
#[derive(Deserialize)]
struct Record010 {
    host: heapless::String<32>,
    hostname: heapless::String<253>,
    family: Family,
    state: Phase,
    source: Option<heapless::String<16>>,
    device: Option<heapless::String<15>>,
    address: Option<std::net::IpAddr>,
    reason: Text,
    published: Option<Published010>,
    in_doubt: bool,
    last: Option<Last010>,
    failing_since: Option<Time>,
    failures: u16,
    retry_after: Option<u32>,
    next_at: Option<Time>,
    bucket_full_at: Option<Time>,
    fingerprint: heapless::String<8>,
}

#[allow(dead_code, reason = "it is read that counts")]
#[derive(Deserialize)]
struct Published010 {
    address: std::net::IpAddr,
    at: Time,
}

#[allow(dead_code, reason = "it is read that counts")]
#[derive(Deserialize)]
struct Last010 {
    at: Time,
    address: std::net::IpAddr,
    code: heapless::String<16>,
    text: Text,
}

#[test]
fn version_0_1_0_reads_what_is_written() {
    let mut under_way = full_record();
    under_way.past = judge::begin(NOW, &under_way.past, "81.2.69.30".parse().unwrap());
    let mut with_removed = state_of(&[]);
    with_removed.removed = vec![Removed { at: NOW, record: full_record() }];
    let states = [
        state_of(&[full_record(), Record::new(identity()), under_way]),
        state_of(&vec![full_record(); MAX_RECORDS]),
        with_removed,
    ];
    for state in states {
        let json = state.to_json();
        let mut unescaped = [0; TEXT_MAX];
        let read = serde_json_core::from_slice_escaped::<File010>(&json, &mut unescaped);
        let (file, _) = read.expect("the layout of version 0.1.0");
        assert_eq!(file.version, 1);
        assert_eq!(file.records.len(), state.records.len());
    }
}

#[test]
fn every_code_is_written_and_read_back() {
    let words = Word::ALL.iter().copied().map(Code::Word);
    let failures = crate::provider::failure::Failure::ALL.iter().copied().map(Code::Failure);
    for code in words.chain(failures) {
        let mut facts = full_facts();
        (facts.published, facts.in_doubt) = (None, false);
        facts.last.as_mut().unwrap().code = code;
        let state = state_of(&[record_of(facts)]);
        assert_eq!(State::from_json(&state.to_json(), NOW), Ok(state), "{}", code.token());
    }
}

#[test]
fn the_hiccup_of_a_front_end_is_busy_and_says_so_beside_it() {
    let mut facts = full_facts();
    facts.last.as_mut().unwrap().code = Code::Word(Word::Hiccup);
    facts.last.as_mut().unwrap().text = Text::new();
    let state = state_of(&[record_of(facts)]);
    let json = json_of(&state);
    assert!(json.contains(r#""code":"busy","text":"","hiccup":true}"#), "{json}");
    let old = json.replace(r#","hiccup":true"#, "");
    let read = State::from_json(old.as_bytes(), NOW).unwrap().records.remove(0);
    let code = read.past.last().map(|last| last.code);
    assert_eq!(code, Some(Code::Word(Word::Busy)), "the longer wait, in doubt");
    let foreign = json.replace("busy", "good");
    assert_eq!(State::from_json(foreign.as_bytes(), NOW), Err(Unusable::Foreign));
}

#[test]
fn an_update_that_is_under_way_is_on_disk_as_interrupted() {
    let address = "81.2.69.30".parse().unwrap();
    let mut record = full_record();
    assert!(!record.is_on_its_way());
    record.past = judge::begin(NOW, &record.past, address);
    assert!(record.is_on_its_way());
    record.shown.phase = Phase::Pending;
    let json = state_of(&[record]).to_json();
    let read = State::from_json(&json, NOW).unwrap().records.remove(0);
    let last = read.past.last().unwrap();
    assert_eq!((last.address, last.code.token()), (address, "interrupted"));
    assert!(read.is_on_its_way(), "as far as the file tells");
    let done = Record { shown: Shown { phase: Phase::Backoff, ..read.shown.clone() }, ..read };
    assert!(!done.is_on_its_way());
}

#[test]
fn every_torn_file_is_refused() {
    let json = state_of(&[full_record()]).to_json();
    for length in 0..json.len() - 2 {
        assert_eq!(State::from_json(&json[..length], NOW), Err(Unusable::Foreign), "{length}");
    }
}

#[test]
fn a_file_that_is_not_ours_is_refused_with_its_reason() {
    let json = json_of(&state_of(&[full_record()]));
    let rows = [
        (json.replace(r#""version":1"#, r#""version":2"#), Unusable::OtherVersion),
        (json.replace("1795393000,\"rec", "9795393000,\"rec"), Unusable::FutureDated),
        (json.replace("!yours", "!theirs"), Unusable::Foreign),
        (json.replace("\"held\"", "\"asleep\""), Unusable::Foreign),
        (json.replace("81.2.69.10", "81.2.69.1000"), Unusable::Foreign),
        (format!("{json}{json}"), Unusable::Foreign),
        (String::from("<html>good</html>"), Unusable::Foreign),
        ("x".repeat(FILE_MAX + 1), Unusable::Foreign),
    ];
    for (content, reason) in rows {
        assert_eq!(State::from_json(content.as_bytes(), NOW), Err(reason), "{content:.80}");
    }
}

#[test]
fn a_file_whose_strings_could_not_be_written_again_is_refused() {
    let controls = "\u{1}".repeat(TEXT_MAX);
    let escaped = "\\u0001".repeat(TEXT_MAX);
    let json = json_of(&state_of(&[full_record()]));
    let quotes = "\\\"".repeat(TEXT_MAX);
    let rows = [
        json.replace(r#"a \"quoted\" \\ reason, é"#, &escaped),
        json.replace(&quotes, &escaped),
        json.replace("home.example.com", &quotes),
        json.replace(r#""host":"home""#, r#""host":"ho\"me""#),
        json.replace("9f86d081", "9f86\\\\08"),
        json.replace(r#""source":"interface""#, r#""source":"inter\nface""#),
        json.replace(r#""agent":""#, r#""agent":"\u0001"#),
        json.replace("reason, é", "reason, \u{202e}"),
    ];
    for content in rows {
        assert_ne!(content, json);
        let read = State::from_json(content.as_bytes(), NOW);
        assert_eq!(read, Err(Unusable::Foreign), "{content:.400}");
    }
    let mut odd = full_record();
    odd.shown.device = Some(controls[..15].try_into().unwrap());
    let json = state_of(&vec![odd; MAX_RECORDS]).to_json();
    let state = State::from_json(&json, NOW).expect("a device may be called anything");
    assert_eq!(state.records[0].shown.device.as_deref(), Some("?".repeat(15).as_str()));
}

#[test]
fn each_limit_is_passed_by_one_only() {
    let full = |count| state_of(&vec![full_record(); count]);
    assert_eq!(MAX_RECORDS, 64);
    assert!(State::from_json(&full(64).to_json(), NOW).is_ok());
    assert_eq!(State::from_json(&full(65).to_json(), NOW), Err(Unusable::Foreign));

    let mut removed = full(1);
    removed.removed = vec![Removed { at: NOW, record: full_record() }; MAX_REMOVED + 1];
    assert_eq!(State::from_json(&removed.to_json(), NOW), Err(Unusable::Foreign));

    assert_eq!(FILE_MAX, 291_072, "64 records of 2240 bytes, 64 of 2304, and 256");
    let mut padded = full(1).to_json();
    padded.resize(FILE_MAX, b' ');
    assert!(State::from_json(&padded, NOW).is_ok());
    padded.push(b' ');
    assert_eq!(State::from_json(&padded, NOW), Err(Unusable::Foreign));

    let mut dated = full(1);
    dated.written_at = NOW + AHEAD_MAX;
    assert!(State::from_json(&dated.to_json(), NOW).is_ok(), "ten years ahead");
    dated.written_at += 1;
    assert_eq!(State::from_json(&dated.to_json(), NOW), Err(Unusable::FutureDated));
    dated.written_at = RELEASED + AHEAD_MAX;
    assert!(State::from_json(&dated.to_json(), 0).is_ok(), "by a clock that is not set");
}

#[test]
fn a_record_is_found_by_section_and_family() {
    let mut ipv6 = full_record();
    ipv6.identity.family = Family::Ipv6;
    let mut other = full_record();
    other.identity.section = "other".try_into().unwrap();
    let state = state_of(&[other.clone(), ipv6.clone(), full_record()]);
    assert_eq!(state.record("home", Family::Ipv4), Some(&full_record()));
    assert_eq!(state.record("home", Family::Ipv6), Some(&ipv6));
    assert_eq!(state.record("other", Family::Ipv4), Some(&other));
    assert_eq!(state.record("other", Family::Ipv6), None);
}

#[test]
fn every_reason_against_a_file_is_a_sentence_of_its_own() {
    let rows = [
        (Unusable::Foreign, "torn"),
        (Unusable::OtherVersion, "another version"),
        (Unusable::FutureDated, "ten years ahead"),
    ];
    for (reason, part) in rows {
        assert!(reason.sentence().contains(part), "{}", reason.sentence());
    }
}

#[test]
fn a_field_of_a_later_minor_version_is_passed_over() {
    let json = json_of(&state_of(&[full_record()]));
    let more = json.replace(r#""failures":3"#, r#""mood":{"a":[1,"x"]},"failures":3"#);
    assert_eq!(State::from_json(more.as_bytes(), NOW), Ok(state_of(&[full_record()])));
}

#[test]
fn times_ahead_of_a_clock_that_lost_its_battery_count_as_now() {
    let state = State::from_json(&state_of(&[full_record()]).to_json(), 5000).unwrap();
    let facts = Facts::of(&state.records[0].past, full_facts().told);
    assert_eq!(facts.published.map(|published| published.at), Some(5000));
    assert_eq!(facts.last.map(|last| last.at), Some(5000));
    assert_eq!(facts.failing_since, Some(5000));
    assert_eq!(facts.bucket_full_at, Some(5000 + 1800));
}

#[test]
fn a_released_record_is_shown_as_due() {
    let held = full_record();
    let released = held.resumed().expect("a hold");
    let shown = Shown { phase: Phase::Pending, next_at: None, ..held.shown.clone() };
    assert_eq!(released, Record { past: held.past.resumed().expect("a hold"), shown, ..held });
    assert_eq!(released.past.last(), None);
    assert_eq!(released.resumed(), None, "there is nothing more to release");
}

#[test]
fn an_unchanged_account_keeps_its_past_and_another_has_none() {
    let record = full_record();
    assert_eq!(record.adopted_by(identity()), record);
    let other = Identity { fingerprint: "00000001".try_into().unwrap(), ..identity() };
    let adopted = record.adopted_by(other.clone());
    assert_eq!((adopted.past.last(), adopted.shown.phase), (None, Phase::Held));
    assert_eq!(adopted.past.published(), record.past.published());
    assert_eq!((adopted.shown.address, adopted.shown.next_at), (None, None));
    assert_eq!(adopted.identity, other);
    let elsewhere = Identity { hostname: "other.example.com".try_into().unwrap(), ..other };
    assert_eq!(record.adopted_by(elsewhere).past.published(), None);
}

#[test]
fn a_host_with_a_fault_keeps_its_past() {
    let record = full_record();
    let out = record.taken_out("dynhost.conf:7: no such option");
    assert_eq!(out.past, record.past);
    assert_eq!((out.shown.phase, out.shown.next_at), (Phase::Disabled, None));
    assert_eq!(out.shown.reason, "dynhost.conf:7: no such option");
    assert_eq!(out.shown.address, record.shown.address);
}

#[test]
fn a_clock_that_is_set_moves_what_is_due() {
    let set = judge::ClockSet { before: NOW, after: NOW + 1000 };
    let moved = full_record().clock_was_set(set);
    assert_eq!(moved.shown.next_at, Some(NOW + 1010));
    assert_eq!(moved.past, full_record().past.clock_was_set(set));
}

#[test]
fn a_judgement_becomes_the_record() {
    let record = full_record();
    let rules = judge::Rules { enabled: false, ..judge::Rules::default() };
    let found = Err(crate::address::NoAddress::NotAsked);
    let step = judge::judge(NOW, rules, &record.past, &found);
    let next = record.clone().after(&step);
    assert_eq!(next, Record { past: step.past, shown: step.shown, ..record });
}

#[test]
fn the_jitter_of_a_device_is_its_fingerprint() {
    assert_eq!(identity().jitter(), Jitter(0x9f86_d081));
    let none = Identity { fingerprint: "".try_into().unwrap(), ..identity() };
    assert_eq!(none.jitter(), Jitter(0));
}

#[test]
fn an_outcome_that_is_learnt_is_on_disk() {
    let address = "81.2.69.30".parse().unwrap();
    let mut record = Record::new(identity());
    record.past = judge::begin(NOW, &record.past, address);
    let good = crate::provider::reply::read(200, None, b"good", address);
    record.past = judge::learn(NOW, &record.past, address, &Outcome::Replied(good));
    let json = json_of(&state_of(&[record]));
    assert!(json.contains(r#""code":"good","text":"address stored","hiccup":false}"#), "{json}");
}
