//! Seeded years of a home line: renumbering, outages, a provider with moods, a wrong password,
//! deaths and restarts at any instant, a clock that starts in 1970. No real time, no threads.
//!
//! `DYNHOST_YEAR=<seed>` lives one year and prints it; `DYNHOST_YEARS=<count>` lives more.

mod dice;
mod disk;
mod home;
mod invariants;
mod journal;
mod log;
mod plan;
mod provider;
mod tally;
mod wrong;

use home::{Brain, live};
use invariants::{Violation, inspect};
use journal::{Entry, Heard, Release};

const RESIDENT: bool = true;
const SINGLE_PASSES: bool = false;
/// Years of each kind.
const YEARS: u64 = 100;

#[test]
fn every_year_of_a_resident_agent_keeps_the_rules() {
    keep_the_rules(RESIDENT);
}

#[test]
fn every_year_of_single_passes_keeps_the_rules() {
    keep_the_rules(SINGLE_PASSES);
}

fn keep_the_rules(resident: bool) {
    let wanted = number("DYNHOST_YEAR");
    let first = wanted.unwrap_or(0);
    let count = if wanted.is_some() { 1 } else { number("DYNHOST_YEARS").unwrap_or(YEARS) };
    for seed in first..first + count {
        let journal = live(seed, resident, Brain::OURS);
        if wanted.is_some() {
            for (at, entry) in &journal.entries {
                println!("{at} {entry:?}");
            }
        }
        let violations = inspect(&journal);
        let some: Vec<_> = violations.iter().take(5).collect();
        assert!(some.is_empty(), "DYNHOST_YEAR={seed} (resident: {resident}): {some:#?}");
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn an_agent_that_is_wrong_in_one_way_breaks_the_rule_against_it() {
    for (what, brain, rule) in wrong::AGENTS {
        let breaks = |violations: Vec<Violation>| violations.iter().any(|v| v.rule == rule);
        let found = (0..30).any(|seed| breaks(inspect(&live(seed, RESIDENT, brain))));
        assert!(found, "no year finds an agent that {what}");
    }
}

#[test]
fn a_seed_is_one_year_and_no_other() {
    let year = |seed| live(seed, SINGLE_PASSES, Brain::OURS);
    assert_eq!(year(7), year(7));
    assert_ne!(year(7), year(8));
}

#[test]
fn the_years_hold_what_they_are_lived_for() {
    let journals: Vec<_> = (0..10).map(|seed| live(seed, RESIDENT, Brain::OURS)).collect();
    let entries = || journals.iter().flat_map(|journal| &journal.entries).map(|(_, entry)| entry);
    let count = |wanted: fn(&Entry) -> bool| entries().filter(|entry| wanted(entry)).count();
    let heard = |wanted: fn(Heard) -> bool| {
        entries().filter(|entry| matches!(entry, Entry::Sent(sent) if wanted(sent.heard))).count()
    };
    let rows = [
        ("changes", count(|entry| matches!(entry, Entry::Line(Some(_)))), 500),
        ("lost states", count(|entry| *entry == Entry::Released(Release::Lost)), 20),
        ("mended accounts", count(|entry| *entry == Entry::Released(Release::Mended)), 3),
        ("clocks", count(|entry| matches!(entry, Entry::Clock { .. })), 50),
        ("stored", heard(|heard| heard == Heard::Stored), 500),
        ("rejected", heard(|heard| heard == Heard::Rejected { may_probe: true }), 10),
        ("blocked", heard(|heard| heard == Heard::Rejected { may_probe: false }), 3),
        ("unavailable", heard(|heard| matches!(heard, Heard::Unavailable { .. })), 20),
        ("hiccups", heard(|heard| matches!(heard, Heard::Hiccup { .. })), 20),
        ("not understood", heard(|heard| heard == Heard::NotUnderstood), 20),
        ("without answer", heard(|heard| heard == Heard::Failed { arrived: true }), 50),
        ("not reached", heard(|heard| heard == Heard::Failed { arrived: false }), 50),
        ("died", heard(|heard| heard == Heard::Died), 10),
        ("too early", heard(|heard| heard == Heard::TooEarly), 3),
        ("expired", heard(|heard| heard == Heard::Expired), 3),
    ];
    for (what, count, least) in rows {
        assert!(count >= least, "{what}: {count} in ten years, not {least}");
    }
}
