//! No room, no right to write: updates go on, and the warning says which file.

use crate::support::agent::{Agent, Output, Running};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

use std::time::Duration;

/// One warning at least that names the file and what follows from it.
#[track_caller]
fn assert_warned(output: &Output, agent: &Agent, consequence: &str) {
    let directory = agent.state_dir().display().to_string();
    let warned = output.stderr.lines().any(|line| {
        line.starts_with("WARN") && line.contains(&directory) && line.contains(consequence)
    });
    assert!(warned, "no warning of {directory}, {consequence}:\n{}", output.stderr);
}

#[test]
fn a_disk_that_was_full_from_the_start_delays_nothing() {
    let Stage { lab, agent } = Stage::new();
    // Room for one page: the key takes it.
    netns::mount_tmpfs(&agent.state_dir(), "size=4k");
    for pass in 1..=3 {
        let output = agent.run(&["update"]);
        assert_eq!(output.code(), 0, "{output:?}");
        assert_warned(&output, &agent, "may be repeated");
        assert!(!agent.state_dir().join("state.json.tmp").exists(), "half a file is left");
        assert_eq!(lab.requests().len(), pass, "one request a pass, as nothing can be remembered");
    }
    netns::remount(&agent.state_dir(), "size=64k");
    for _ in 0..2 {
        assert_eq!(agent.run(&["update"]).code(), 0);
    }
    assert_eq!(lab.requests().len(), 4, "at most one repeated once there is room");
}

#[test]
fn a_disk_that_fills_up_later_keeps_what_was_known() {
    let Stage { lab, agent } = Stage::new();
    netns::mount_tmpfs(&agent.state_dir(), "size=16k");
    assert_eq!(agent.run(&["update"]).code(), 0);
    let filler = agent.state_dir().join("filler");
    let _ = std::fs::write(&filler, vec![b'x'; 64 << 10]);
    for _ in 0..3 {
        assert_eq!(agent.run(&["update"]).verdict(), (0, "unchanged"));
    }
    assert_eq!(lab.requests().len(), 1);
    let known = agent.state_json();
    netns::move_wan(WAN, "81.2.69.20");
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (0, "updated"));
    assert_warned(&output, &agent, "may be repeated");
    assert_eq!(agent.state_json(), known, "the old file is whole");
    std::fs::remove_file(filler).unwrap();
    for _ in 0..3 {
        assert_eq!(agent.run(&["update"]).code(), 0);
    }
    assert_eq!(lab.requests().len(), 3);
    assert_eq!(agent.record("home")["published"]["address"], "81.2.69.20");
}

#[test]
fn a_disk_without_room_for_a_lock_delays_nothing() {
    let Stage { lab, agent } = Stage::new();
    // The root of the file system takes the only inode.
    netns::mount_tmpfs(&agent.state_dir(), "nr_inodes=1");
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (0, "updated"), "{output:?}");
    assert_warned(&output, &agent, "lock");
    assert_eq!(lab.requests().len(), 1);
}

#[test]
fn a_directory_that_is_read_only_is_believed_and_not_written() {
    let Stage { lab, agent } = Stage::new();
    netns::mount_tmpfs(&agent.state_dir(), "size=64k");
    assert_eq!(agent.run(&["update"]).code(), 0);
    netns::remount(&agent.state_dir(), "ro");
    for _ in 0..3 {
        assert_eq!(agent.run(&["update"]).verdict(), (0, "unchanged"));
    }
    assert_eq!(lab.requests().len(), 1);
    netns::move_wan(WAN, "81.2.69.20");
    let output = agent.run(&["update"]);
    assert_eq!(output.verdict(), (0, "updated"));
    assert_warned(&output, &agent, "may be repeated");
    assert_eq!(agent.record("home")["published"]["address"], WAN);
    netns::remount(&agent.state_dir(), "rw");
    for _ in 0..2 {
        assert_eq!(agent.run(&["update"]).code(), 0);
    }
    assert_eq!(lab.requests().len(), 3);
}

#[test]
fn a_directory_that_cannot_be_made_is_a_fault_of_files() {
    let Stage { lab, agent } = Stage::new();
    std::fs::write(agent.state_dir(), "a file").unwrap();
    let output = agent.run(&["update"]);
    assert_eq!((output.code(), output.stdout.as_str()), (74, ""));
    let path = agent.state_dir().display().to_string();
    assert!(output.stderr.contains(&path), "{}", output.stderr);
    assert_eq!(lab.connections(), 0);
}

#[test]
fn a_limit_on_the_size_of_files_is_a_full_disk() {
    if Agent::is_emulated("the limit would hold for the emulator's own files") {
        return;
    }
    let Stage { lab, agent } = Stage::new();
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let process = agent.process_in_shell(script, &["update"]);
    let output = Running::start(process).wait(Duration::from_secs(40));
    assert_eq!(output.verdict(), (0, "updated"));
    assert_warned(&output, &agent, "may be repeated");
    assert_eq!(lab.requests().len(), 1);
}
