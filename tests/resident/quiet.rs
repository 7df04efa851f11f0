//! A log that nobody reads, or that cannot be written: the names stay current all the same.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _, pipe};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::background::{wait_for, wait_for_published};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const MOVED: &str = "81.2.69.20";

/// Runs until it has published another address, and leaves it running.
fn follow_the_line(stage: &Stage, stderr: Stdio) -> Child {
    let mut command = stage.agent.process(&["--log-level", "debug", "run"]);
    let child = command.stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
    wait_for_published(&stage.agent, "home", WAN);
    netns::move_wan(WAN, MOVED);
    wait_for_published(&stage.agent, "home", MOVED);
    child
}

fn end(mut child: Child) {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_full_disk_does_not_end_it() {
    let stage = Stage::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    end(follow_the_line(&stage, full.into()));
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn a_reader_that_has_gone_does_not_end_it() {
    let stage = Stage::new();
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    end(follow_the_line(&stage, writer.into()));
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn a_reader_that_sleeps_does_not_stop_it_and_hears_how_much_was_lost() {
    let stage = Stage::new();
    let (mut reader, mut writer) = pipe().unwrap();
    // Room for a byte: a line that got through in part would be none.
    let filled = 65_536 - 1;
    writer.write_all(&vec![b'.'; filled]).unwrap();
    let child = follow_the_line(&stage, writer.into());
    reader.read_exact(&mut vec![0; filled]).unwrap();
    netns::move_wan(MOVED, WAN);
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    let (first, second) = (lines.next().unwrap(), lines.next().unwrap());
    assert!(first.starts_with("WARN  [dynhost] ") && first.contains("lines of this log were lost"));
    assert!(second.contains("[dynhost]") && !second.contains("lost"), "{second}");
    assert!(lines.any(|line| line.contains(&format!("from {MOVED} to {WAN}"))));
    end(child);
    assert_eq!(stage.lab.requests().len(), 3);
}
