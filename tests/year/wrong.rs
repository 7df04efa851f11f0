//! Agents that are wrong in one way each: a rule that none of them breaks would be no check.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Found, NoAddress};
use dynhost::agent::{self, Decision, Outcome, Rules, Wait, Why};
use dynhost::reply::{Meaning, Reply, Word};
use dynhost::state::{Code, Published, Record};

use super::home::Brain;
use super::invariants::Rule;

const OURS: Brain = Brain::OURS;

/// What is wrong, how, and the rule that says so.
pub const AGENTS: [(&str, Brain, Rule); 21] = [
    ("forgets every rejection", Brain { decide: forgives, ..OURS }, Rule::Hold),
    ("probes what forbids probes", Brain { decide: probes_all, ..OURS }, Rule::Hold),
    ("takes each probe as a new address", Brain { record: stays_old, ..OURS }, Rule::Hold),
    ("forces past 911", Brain { record: unforced, ..OURS }, Rule::Patience),
    ("does not read Retry-After", Brain { record: no_retry_after, ..OURS }, Rule::Patience),
    ("climbs no ladder", Brain { record: no_ladder, ..OURS }, Rule::LongLadder),
    ("climbs no short ladder", Brain { record: no_ladder, ..OURS }, Rule::Ladder),
    ("has no flap limit", Brain { record: no_bucket, ..OURS }, Rule::Flap),
    ("has a burst of seven", Brain { decide: burst_of_seven, ..OURS }, Rule::Flap),
    ("sends on every pass", Brain { decide: always, ..OURS }, Rule::Needless),
    ("never ends", Brain { decide: always, ..OURS }, Rule::Count),
    ("refreshes once a day", Brain { decide: daily, ..OURS }, Rule::Needless),
    ("sends what it published", Brain { decide: sends_old, ..OURS }, Rule::Blind),
    ("trusts any clock", Brain { decide: any_clock, ..OURS }, Rule::Clock),
    ("never doubts", Brain { record: never_doubts, ..OURS }, Rule::Claim),
    ("takes a wrong echo for good", Brain { record: believes, ..OURS }, Rule::Claim),
    ("publishes before it is told", Brain { record: hopes, ..OURS }, Rule::Claim),
    ("waits until now", Brain { decide: until_now, ..OURS }, Rule::Shown),
    ("never retries", Brain { decide: never_again, ..OURS }, Rule::Late),
    (
        "does not move its waits with the clock",
        Brain { clock_was_set: deaf, ..OURS },
        Rule::Patience,
    ),
    ("moves what the new clock wrote", Brain { clock_was_set: moves_all, ..OURS }, Rule::Late),
];

type Address = Result<Found, NoAddress>;

fn forgives(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    let last = record.last.clone().filter(|last| !is_rejection(last.code));
    agent::decide(now, rules, &Record { last, ..record.clone() }, found)
}

fn is_rejection(code: Code) -> bool {
    matches!(code, Code::Word(word) if matches!(word.meaning(), Meaning::Rejected { .. }))
}

fn probes_all(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    let mut record = record.clone();
    if let Some(last) = &mut record.last
        && is_rejection(last.code)
    {
        last.code = Code::Word(Word::Badauth);
    }
    agent::decide(now, rules, &record, found)
}

fn stays_old(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let mut next = agent::record(now, record, sent, outcome);
    if let Some(last) = &mut next.last
        && is_rejection(last.code)
    {
        last.address = IpAddr::from([81, 2, 69, 255]);
    }
    next
}

fn unforced(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let mut next = agent::record(now, record, sent, outcome);
    if let Some(last) = &mut next.last
        && matches!(last.code, Code::Word(Word::NineOneOne | Word::Dnserr))
    {
        last.code = Code::Word(Word::Unknown);
    }
    next
}

fn no_retry_after(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    Record { retry_after: None, ..agent::record(now, record, sent, outcome) }
}

fn no_ladder(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let next = agent::record(now, record, sent, outcome);
    Record { failures: next.failures.min(1), ..next }
}

fn no_bucket(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    Record { bucket_full_at: None, ..agent::record(now, record, sent, outcome) }
}

fn burst_of_seven(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    let bucket_full_at = record.bucket_full_at.map(|at| at - 300);
    agent::decide(now, rules, &Record { bucket_full_at, ..record.clone() }, found)
}

fn always(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    match found {
        Ok(found) => Decision::Update(found.address),
        Err(_) => agent::decide(now, rules, record, found),
    }
}

fn daily(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    agent::decide(now, Rules { refresh_days: 1, ..rules }, record, found)
}

fn sends_old(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    match (agent::decide(now, rules, record, found), &record.published) {
        (Decision::Update(_), Some(published)) => Decision::Update(published.address),
        (decision, _) => decision,
    }
}

fn any_clock(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    agent::decide(now, Rules { needs_clock: false, ..rules }, record, found)
}

fn never_doubts(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    Record { in_doubt: false, ..agent::record(now, record, sent, outcome) }
}

fn believes(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let outcome = match outcome {
        Outcome::Replied(reply) if reply.word == Word::WrongEcho => {
            Outcome::Replied(Reply { word: Word::Good, ..reply.clone() })
        }
        other => other.clone(),
    };
    agent::record(now, record, sent, &outcome)
}

fn until_now(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    match agent::decide(now, rules, record, found) {
        Decision::Wait(Wait { until: Some(_), why }) => {
            Decision::Wait(Wait { until: Some(now), why })
        }
        decision => decision,
    }
}

fn never_again(now: Time, rules: Rules, record: &Record, found: &Address) -> Decision {
    match agent::decide(now, rules, record, found) {
        Decision::Wait(Wait { why, .. }) => Decision::Wait(Wait { until: None, why }),
        Decision::Update(address)
            if record.last.as_ref().is_some_and(|last| {
                last.address == address && !matches!(last.code, Code::Word(Word::Good))
            }) =>
        {
            Decision::Wait(Wait { until: Some(now + 1_000_000), why: Why::Backoff })
        }
        decision @ Decision::Update(_) => decision,
    }
}

fn deaf(record: &Record, _: Time, _: Time) -> Record {
    record.clone()
}

fn moves_all(record: &Record, before: Time, after: Time) -> Record {
    let moved = |at: Time| at.saturating_add(after).saturating_sub(before);
    let bucket_full_at = record.bucket_full_at.map(moved);
    Record { bucket_full_at, ..agent::clock_was_set(record, before, after) }
}

fn hopes(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let published = Some(Published { address: sent, at: now });
    Record { published, ..agent::record(now, record, sent, outcome) }
}
