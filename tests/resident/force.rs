//! `update --force` that comes to nothing: the line and the exit code say so, whoever sent it.

use crate::support::background::wait_for_published;
use crate::support::lab::certificates::Wrong;
use crate::support::lab::fault::Fault;
use crate::support::stage::{Stage, WAN};

/// How an update fails of an address that is published and stays so.
const FAULTS: [Option<Fault>; 4] = [
    // Nobody listens.
    None,
    Some(Fault::Certificate(Wrong::Untrusted)),
    Some(Fault::CloseBeforeReply),
    Some(Fault::Html503),
];

fn assert_told(with_runner: bool) {
    let mut complaints = Vec::new();
    for fault in FAULTS {
        let stage = Stage::new();
        assert_eq!(stage.update().code(), 0);
        let runner = with_runner.then(|| stage.agent.spawn(&["run"]));
        if runner.is_some() {
            wait_for_published(&stage.agent, "home", WAN);
        }
        match fault.clone() {
            None => stage.lab.close(),
            Some(fault) => stage.lab.fault(fault),
        }
        let output = stage.agent.run(&["update", "--force"]);
        if output.verdict() != (75, "failed") {
            complaints.push(format!("{fault:?}: {output:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_forced_update_that_fails_is_told_as_failed_by_a_single_pass() {
    assert_told(false);
}

#[test]
fn a_forced_update_that_fails_is_told_as_failed_by_one_that_stays() {
    assert_told(true);
}
