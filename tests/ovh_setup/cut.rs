//! Killed at any call and run again, `setup` comes to the same end.

use std::time::Duration;

use super::*;
use crate::support::lab::fault::Fault;

const SOON: Duration = Duration::from_secs(20);

/// Lets so many requests through, then hangs at one; whether there was one.
fn killed_at(room: &Room, request: u32, fault: Fault) -> bool {
    if request > 0 {
        room.lab.fault_times(Fault::Delay(Duration::ZERO), request);
    }
    room.lab.fault_times(fault, 1);
    let mut running = room.agent.spawn(&[&SETUP, &["--replace"][..]].concat());
    let count = usize::try_from(request).unwrap() + 1;
    while !room.lab.wait_for_requests(count, Duration::from_millis(20)) {
        if running.has_ended() {
            let output = running.wait(SOON);
            assert_eq!(output.code(), 0, "{}", output.said());
            return false;
        }
    }
    running.kill();
    true
}

fn cut_everywhere(fault: &Fault) {
    let mut cuts = 0;
    loop {
        let room = Room::new();
        room.lab.add_plain(HOME, ("CNAME", "elsewhere.example."), 0);
        let hint = format!("killed at request {cuts} with {fault:?}");
        if !killed_at(&room, cuts, fault.clone()) {
            break;
        }
        room.lab.clear_faults();
        let output = room.setup(&["--replace"]);
        assert_eq!(output.code(), 0, "{hint}: {}", output.said());
        room.assert_complete(&hint);
        assert!(room.lab.plain().is_empty(), "{hint}");
        cuts += 1;
    }
    assert_eq!(cuts, 15, "so many requests lead from an empty account to a name");
}

#[test]
fn before_the_provider_has_acted() {
    cut_everywhere(&Fault::Hang);
}

#[test]
fn after_the_provider_has_acted() {
    cut_everywhere(&Fault::ApplySilently);
}
