//! Several agents and one state directory: one at a time.

use std::time::Duration;

use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const LONG: Duration = Duration::from_secs(40);

#[test]
fn passes_at_the_same_time_send_one_update() {
    let stage = Stage::new();
    stage.lab.fault(Fault::Delay(Duration::from_millis(300)));
    let running = [(); 3].map(|()| stage.agent.spawn(&["update"]));
    let mut verdicts = running.map(|running| running.wait(LONG).verdict());
    verdicts.sort();
    assert_eq!(verdicts.map(|verdict| verdict.1), [["unchanged"], ["unchanged"], ["updated"]]);
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn status_and_dry_runs_do_not_wait_for_a_pass() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    netns::move_wan(WAN, "81.2.69.20");
    stage.lab.fault(Fault::Hang);
    let running = stage.agent.spawn(&["update"]);
    assert!(stage.lab.wait_for_requests(2, LONG));
    let shown = stage.agent.run(&["status"]);
    assert_eq!(shown.code(), 0);
    assert!(shown.stdout.contains("an update to 81.2.69.20 is on its way"), "{}", shown.stdout);
    assert_eq!(stage.agent.run(&["check"]).code(), 0);
    assert_eq!(stage.agent.run(&["update", "--dry-run"]).lines().len(), 1);
    running.kill();
}

#[test]
fn a_lock_dies_with_its_process() {
    let stage = Stage::new();
    stage.lab.fault_times(Fault::Hang, 1);
    let running = stage.agent.spawn(&["update"]);
    assert!(stage.lab.wait_for_requests(1, LONG));
    running.kill();
    stage.agent.age_last(10);
    assert_eq!(stage.update().verdict(), (0, "updated"));
}
