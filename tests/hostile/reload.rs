//! SIGHUP while somebody writes the configuration: what is known outlives what is half written.

use rustix::process::Signal;

use crate::support::agent::Running;
use crate::support::background::{LIMIT, wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::stage::{Stage, WAN, host};

/// A stage with `home`, published, and `office`, held; and the configuration's text.
fn published_and_held() -> (Stage, Running, String) {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-office", "secret", "office"));
    options.records.push(("office.example.com".into(), [81, 2, 69, 1].into()));
    let stage = Stage::with(options);
    stage.lab.fault_for("example.com-office", Fault::Unauthorized);
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    wait_for_state(&stage.agent, "office", "held");
    let whole = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    (stage, runner, whole)
}

/// Has the file read in this state, and then whole again: nothing may have come of it.
fn survives(stage: &Stage, runner: &mut Running, half: &str, whole: &str) {
    stage.agent.configure(half);
    runner.signal(Signal::HUP);
    // Said at every reading that works, or does not.
    runner.wait_for_log("configuration", LIMIT);
    std::thread::sleep(std::time::Duration::from_millis(50));
    stage.agent.configure(whole);
    runner.signal(Signal::HUP);
    runner.wait_for_log("the configuration was read again", LIMIT);
    // It answers after the look that follows.
    let verdict = stage.update().verdict();
    assert_eq!(verdict, (77, "unchanged held"), "after {half:?}");
    assert_eq!(stage.lab.requests().len(), 2, "something was sent after {half:?}");
    assert_eq!(stage.agent.record("home")["published"]["address"], WAN, "after {half:?}");
}

#[test]
fn an_empty_configuration_that_is_whole_again_later_costs_no_hold_and_no_update() {
    let (stage, mut runner, whole) = published_and_held();
    for empty in ["", "\n", "# nothing yet\n", "config agent 'agent'\n"] {
        survives(&stage, &mut runner, empty, &whole);
    }
}

#[test]
fn a_configuration_cut_anywhere_that_is_whole_again_later_costs_no_hold_and_no_update() {
    let (stage, mut runner, whole) = published_and_held();
    let ends_of_lines = whole.match_indices('\n').map(|(at, _)| at + 1);
    let in_the_middle = whole.match_indices('\n').map(|(at, _)| at.saturating_sub(3));
    let mut cuts: Vec<_> = ends_of_lines.chain(in_the_middle).collect();
    cuts.sort_unstable();
    for cut in cuts {
        survives(&stage, &mut runner, &whole[..cut], &whole);
    }
}
