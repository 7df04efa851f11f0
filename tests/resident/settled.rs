//! `run --until-settled` ends when there is nothing left to do, and not before.

use std::time::Duration;

use crate::support::background::{LIMIT, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const RUN: [&str; 2] = ["run", "--until-settled"];

#[test]
fn it_ends_when_the_address_is_published_and_when_it_was() {
    let stage = Stage::new();
    for _ in 0..2 {
        assert_eq!(stage.agent.spawn(&RUN).wait(LIMIT).code(), 0);
        assert_eq!(stage.lab.requests().len(), 1);
    }
    assert_eq!(stage.agent.record("home")["state"], "current");
}

#[test]
fn it_ends_when_the_user_must_act_or_there_is_no_address() {
    let held = |stage: &Stage| stage.lab.fault(Fault::Unauthorized);
    let nowhere = |_: &Stage| netns::remove_address(&format!("{WAN}/24"));
    let disabled = |stage: &Stage| stage.configure(&[("enabled", "0")]);
    let rows: [(&str, &dyn Fn(&Stage)); 3] =
        [("held", &held), ("no-address", &nowhere), ("disabled", &disabled)];
    for (state, prepare) in rows {
        let stage = Stage::new();
        prepare(&stage);
        assert_eq!(stage.agent.spawn(&RUN).wait(LIMIT).code(), 0, "{state}");
        assert_eq!(stage.agent.record("home")["state"], state);
    }
}

#[test]
fn it_stays_while_an_update_is_to_be_repeated_and_ends_after_it() {
    let stage = Stage::new();
    stage.lab.fault_times(Fault::CloseBeforeReply, 1);
    let runner = stage.agent.spawn(&RUN);
    wait_for_state(&stage.agent, "home", "backoff");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    assert_eq!(runner.wait(LIMIT).code(), 0);
    let requests = stage.lab.requests();
    let gap = requests[1].instant - requests[0].instant;
    assert!(gap >= Duration::from_secs(1), "{gap:?}");
    assert_eq!(stage.agent.record("home")["state"], "current");
    assert_eq!(requests.len(), 2);
}

#[test]
fn it_waits_for_a_tentative_address() {
    let stage = Stage::new();
    stage.lab.set_record("home.example.com", "2a01:cb00:1:2::1".parse().unwrap());
    stage.configure(&[("family", "ipv6")]);
    netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    netns::ip(&["addr", "add", "2a01:cb00:1:2::10/64", "dev", "wan0"]);
    assert!(netns::ip(&["-6", "addr", "show", "dev", "wan0"]).contains("tentative"));
    assert_eq!(stage.agent.spawn(&RUN).wait(LIMIT).code(), 0);
    assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some("2a01:cb00:1:2::10"));
}
