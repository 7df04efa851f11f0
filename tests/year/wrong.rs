//! Agents that are wrong in one way each: a rule that none of them breaks would be no check.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Found, NoAddress};
use dynhost::judge::{
    self, Action, ClockSet, Code, Facts, Outcome, Past, Phase, Published, Rules, Shown, Step, Wait,
    Why,
};
use dynhost::provider::failure::Failure;
use dynhost::provider::reply::{Meaning, Reply, Word};
use dynhost::state::Record;
use dynhost::text::Text;

use super::home::Brain;
use super::invariants::Rule;

const OURS: Brain = Brain::OURS;

/// What is wrong, how, and the rule that says so.
pub const AGENTS: [(&str, Brain, Rule); 22] = [
    ("forgets every rejection", Brain { judge: forgives, ..OURS }, Rule::Hold),
    ("probes what forbids probes", Brain { judge: probes_all, ..OURS }, Rule::Hold),
    ("takes each probe as a new address", Brain { learn: stays_old, ..OURS }, Rule::Hold),
    ("forces past 911", Brain { learn: unforced, ..OURS }, Rule::Patience),
    ("does not read Retry-After", Brain { learn: no_retry_after, ..OURS }, Rule::Patience),
    ("climbs no ladder", Brain { learn: no_ladder, ..OURS }, Rule::LongLadder),
    ("climbs no short ladder", Brain { learn: no_ladder, ..OURS }, Rule::Ladder),
    ("climbs no ladder of hiccups", Brain { learn: no_ladder, ..OURS }, Rule::Hiccups),
    ("has no flap limit", Brain { learn: no_bucket, ..OURS }, Rule::Flap),
    ("has a burst of seven", Brain { judge: burst_of_seven, ..OURS }, Rule::Flap),
    ("sends on every pass", Brain { judge: always, ..OURS }, Rule::Needless),
    ("never ends", Brain { judge: always, ..OURS }, Rule::Count),
    ("refreshes once a day", Brain { judge: daily, ..OURS }, Rule::Needless),
    ("sends what it published", Brain { judge: sends_old, ..OURS }, Rule::Blind),
    ("trusts any clock", Brain { judge: any_clock, ..OURS }, Rule::Clock),
    ("never doubts", Brain { learn: never_doubts, ..OURS }, Rule::Claim),
    ("takes a wrong echo for good", Brain { learn: believes, ..OURS }, Rule::Claim),
    ("publishes before it is told", Brain { learn: hopes, ..OURS }, Rule::Claim),
    ("waits until now", Brain { judge: until_now, ..OURS }, Rule::Shown),
    ("never retries", Brain { judge: never_again, ..OURS }, Rule::Late),
    (
        "does not move its waits with the clock",
        Brain { clock_was_set: deaf, ..OURS },
        Rule::Patience,
    ),
    ("moves what the new clock wrote", Brain { clock_was_set: moves_all, ..OURS }, Rule::Late),
];

type Address = Result<Found, NoAddress>;

/// A past that is told wrong by `lie`. Nothing else can make one that contradicts itself.
fn lying(now: Time, past: &Past, lie: impl FnOnce(&mut Facts)) -> Past {
    let mut facts = Facts::of(past, (Phase::Pending, Text::new()));
    lie(&mut facts);
    facts.past(now)
}

fn forgives(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let past = lying(now, past, |facts| {
        facts.last.take_if(|last| is_rejection(last.code));
    });
    judge::judge(now, rules, &past, found)
}

fn is_rejection(code: Code) -> bool {
    matches!(code, Code::Word(word) if matches!(word.meaning(), Meaning::Rejected { .. }))
}

fn probes_all(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let past = lying(now, past, |facts| {
        if let Some(last) = facts.last.as_mut().filter(|last| is_rejection(last.code)) {
            last.code = Code::Word(Word::Badauth);
        }
    });
    judge::judge(now, rules, &past, found)
}

fn stays_old(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    lying(now, &judge::learn(now, past, sent, outcome), |facts| {
        if let Some(last) = facts.last.as_mut().filter(|last| is_rejection(last.code)) {
            last.address = IpAddr::from([81, 2, 69, 255]);
        }
    })
}

fn unforced(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    lying(now, &judge::learn(now, past, sent, outcome), |facts| {
        if let Some(last) = &mut facts.last
            && matches!(last.code, Code::Word(Word::NineOneOne | Word::Dnserr))
        {
            last.code = Code::Word(Word::Unknown);
        }
    })
}

fn no_retry_after(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    lying(now, &judge::learn(now, past, sent, outcome), |facts| facts.retry_after = None)
}

fn no_ladder(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    let first = |facts: &mut Facts| facts.failures = facts.failures.min(1);
    lying(now, &judge::learn(now, past, sent, outcome), first)
}

fn no_bucket(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    lying(now, &judge::learn(now, past, sent, outcome), |facts| facts.bucket_full_at = None)
}

fn burst_of_seven(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let past = lying(now, past, |facts| {
        facts.bucket_full_at = facts.bucket_full_at.map(|at| at - 300);
    });
    judge::judge(now, rules, &past, found)
}

fn always(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let step = judge::judge(now, rules, past, found);
    match found {
        Ok(found) => Step { action: Action::Send(found.address), ..step },
        Err(_) => step,
    }
}

fn daily(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    judge::judge(now, Rules { refresh_days: 1, ..rules }, past, found)
}

fn sends_old(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let step = judge::judge(now, rules, past, found);
    match (step.action, past.published()) {
        (Action::Send(_), Some(published)) => {
            Step { action: Action::Send(published.address), ..step }
        }
        _ => step,
    }
}

fn any_clock(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    judge::judge(now, Rules { needs_clock: false, ..rules }, past, found)
}

/// What may have arrived leaves no doubt if it seems to have come nowhere.
fn never_doubts(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    let outcome = match outcome {
        Outcome::Failed(failure) if failure.may_have_arrived() => Outcome::Failed(Failure::Refused),
        other => other.clone(),
    };
    judge::learn(now, past, sent, &outcome)
}

fn believes(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    let outcome = match outcome {
        Outcome::Replied(reply) if reply.word == Word::WrongEcho => {
            Outcome::Replied(Reply { word: Word::Good, ..reply.clone() })
        }
        other => other.clone(),
    };
    judge::learn(now, past, sent, &outcome)
}

fn waiting(step: Step, until: Option<Time>, why: Why) -> Step {
    let shown = Shown { next_at: until, ..step.shown };
    Step { action: Action::Wait(Wait { until, why }), shown, ..step }
}

fn until_now(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let step = judge::judge(now, rules, past, found);
    match step.action {
        Action::Wait(Wait { until: Some(_), why }) => waiting(step, Some(now), why),
        _ => step,
    }
}

fn never_again(now: Time, rules: Rules, past: &Past, found: &Address) -> Step {
    let step = judge::judge(now, rules, past, found);
    match (step.action, past.last()) {
        (Action::Wait(Wait { why, .. }), _) => waiting(step, None, why),
        (Action::Send(address), Some(last))
            if last.address == address && last.code != Code::Word(Word::Good) =>
        {
            let shown = Shown { phase: Phase::Backoff, ..step.shown };
            waiting(Step { shown, ..step }, Some(now + 1_000_000), Why::Backoff)
        }
        (Action::Send(_), _) => step,
    }
}

fn deaf(record: &Record, _: ClockSet) -> Record {
    record.clone()
}

fn moves_all(record: &Record, set: ClockSet) -> Record {
    let told = (Phase::Pending, Text::new());
    let bucket_full_at = Facts::of(&record.past, told).bucket_full_at.map(|at| set.ahead(at));
    let moved = record.clock_was_set(set);
    // By a clock at the end of time nothing lies too far ahead.
    let past = lying(Time::MAX, &moved.past, |facts| facts.bucket_full_at = bucket_full_at);
    Record { past, ..moved }
}

fn hopes(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    lying(now, &judge::learn(now, past, sent, outcome), |facts| {
        facts.published = Some(Published { address: sent, at: now });
    })
}
