//! A clock that is behind: waiting, without ever trusting less.

use std::time::{SystemTime, UNIX_EPOCH};

use super::lab_with;
use crate::support::background::{find, pause, wait_for};
use crate::support::lab::options::LabOptions;
use crate::support::stage::Stage;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_certificate_of_tomorrow_is_waited_for_and_looked_at_each_minute() {
    let stage = Stage::with(LabOptions { not_before: now() + 86_400, ..lab_with(&[]) });
    let _runner = stage.agent.spawn(&["run"]);
    let record = wait_for("the clock's fault", || {
        find(&stage.agent, "home", "ipv4").filter(|record| record["last"]["code"] == "clock")
    });
    assert_eq!(record["state"], "pending", "{record}");
    assert_eq!(pause(&record), 60);
    assert_eq!(record["published"], serde_json::Value::Null);
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("waiting for it to be set"), "{reason}");
    // A poke before the minute is over is no new clock, so the provider is left alone.
    assert_eq!(stage.agent.run(&["update"]).verdict(), (75, "failed"));
    assert_eq!(stage.lab.connections(), 1);
    assert!(stage.lab.requests().is_empty());
}
