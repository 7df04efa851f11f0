//! Whoever talks to the one that stays, and however badly: it stays, and answers the next one.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::agent::Running;
use crate::support::background::{LIMIT, voluntary_switches, wait_for_published};
use crate::support::lab::fault::Fault;
use crate::support::stage::{Stage, WAN};

const REQUEST: &[u8] = b"dynhost 1\nend\n";

fn staying() -> (Stage, Running) {
    let stage = Stage::new();
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    (stage, runner)
}

fn call(stage: &Stage, said: &[u8]) -> UnixStream {
    let path = stage.agent.state_dir().join("private/poke");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    // It may have hung up already.
    let _ = stream.write_all(said);
    stream
}

/// All that comes back until it hangs up.
fn answer(mut stream: UnixStream) -> String {
    let mut text = String::new();
    // To hang up on what was not read is an error on this side.
    let _ = stream.read_to_string(&mut text);
    text
}

#[track_caller]
fn assert_answers(stage: &Stage) {
    let answer = answer(call(stage, REQUEST));
    assert!(answer.starts_with("home\tipv4\tunchanged\t81.2.69.10\t"), "{answer}");
    assert!(answer.ends_with("\nexit 0\n"), "{answer}");
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
}

#[test]
fn silent_slow_and_vanishing_callers_hold_up_nobody() {
    let (stage, runner) = staying();
    let silent: Vec<_> = (0..30).map(|_| call(&stage, b"")).collect();
    let torn: Vec<_> = (1..10).map(|length| call(&stage, &REQUEST[..length])).collect();
    for _ in 0..100 {
        drop(call(&stage, b"dynhost"));
        drop(call(&stage, REQUEST));
    }
    assert_answers(&stage);
    // One that says the rest a moment later is answered.
    let mut slow = call(&stage, &REQUEST[..4]);
    std::thread::sleep(Duration::from_millis(300));
    slow.write_all(&REQUEST[4..]).unwrap();
    assert!(answer(slow).ends_with("exit 0\n"));
    std::thread::sleep(Duration::from_secs(1));
    let before = voluntary_switches(&runner);
    std::thread::sleep(Duration::from_secs(2));
    assert!(voluntary_switches(&runner) - before <= 1, "it sleeps with callers on the line");
    drop((silent, torn));
    assert_answers(&stage);
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn it_is_asked_without_a_proc_as_in_a_jail_too() {
    let stage = Stage::new();
    crate::support::netns::mount_tmpfs(std::path::Path::new("/proc"), "size=4k");
    let _runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.agent.run(&["update", "--force"]).verdict(), (0, "unchanged"));
    assert_answers(&stage);
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn nonsense_is_hung_up_on() {
    let (stage, runner) = staying();
    let long = [&b"dynhost 1\n"[..], &b"host a\n".repeat(10_000)].concat();
    let endless = vec![b'x'; 1 << 20];
    for said in [&b"\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"dynhost 2\nend\n", &long, &endless] {
        assert_eq!(answer(call(&stage, said)), "", "{}", String::from_utf8_lossy(&said[..9]));
    }
    let unknown = answer(call(&stage, b"dynhost 1\nhost nobody\nforce\nresume noone\nend\n"));
    assert_eq!(unknown, "exit 0\n", "a host that is not configured");
    assert_answers(&stage);
    assert_eq!(stage.lab.requests().len(), 1);
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
}

#[test]
fn the_answer_is_of_a_pass_that_began_after_the_request() {
    let (stage, _runner) = staying();
    stage.lab.fault_times(Fault::Delay(Duration::from_secs(1)), 1);
    let first = call(&stage, b"dynhost 1\nforce\nend\n");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    stage.lab.fault_times(Fault::Unauthorized, 1);
    let second = call(&stage, b"dynhost 1\nhost home\nforce\nend\n");
    assert!(answer(first).ends_with("exit 0\n"));
    let rejected = answer(second);
    assert!(rejected.starts_with("home\tipv4\theld\t"), "{rejected}");
    assert!(rejected.ends_with("\nexit 77\n"), "{rejected}");
    assert!(answer(call(&stage, b"dynhost 1\nresume home\nend\n")).ends_with("\nexit 0\n"));
    assert_eq!(stage.lab.requests().len(), 4);
}
