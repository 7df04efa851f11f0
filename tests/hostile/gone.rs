//! The state directory is taken away below one that stays: there is never a second one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::background::{wait_for, wait_for_published};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

/// From its start to well after its first update.
const A_WHILE: Duration = Duration::from_millis(1500);

fn assert_no_second(take_away: impl Fn(&Path)) {
    let stage = Stage::new();
    let mut first = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    take_away(&stage.agent.state_dir());
    let mut second = stage.agent.spawn(&["run"]);
    std::thread::sleep(A_WHILE);
    let sent = stage.lab.requests().len();
    netns::move_wan(WAN, "81.2.69.20");
    std::thread::sleep(A_WHILE);
    let staying = [&mut first, &mut second].map(|run| !run.has_ended());
    let sent = stage.lab.requests().len() - sent;
    assert_ne!(staying, [true, true], "both stay, and sent the new address {sent} times");
    assert_ne!(staying, [false, false], "none stays");
    assert_eq!(sent, 1, "updates of the new address");
}

#[test]
fn a_state_directory_that_was_removed_lets_no_second_one_stay() {
    // The agent may be writing a file there at this moment.
    assert_no_second(|directory| {
        wait_for("an empty directory", || fs::remove_dir_all(directory).ok());
    });
}

#[test]
fn a_state_directory_that_was_renamed_lets_no_second_one_stay() {
    assert_no_second(|directory| fs::rename(directory, directory.with_extension("old")).unwrap());
}

#[test]
fn a_lock_that_was_removed_lets_no_second_one_stay() {
    assert_no_second(|directory| {
        for path in crate::support::stranger::below(directory) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_file() && name != "state.json" && name != "key" {
                fs::remove_file(path).unwrap();
            }
        }
    });
}
