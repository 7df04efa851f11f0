//! A log that nobody takes: closed, full or blocked, it neither ends the agent nor holds it up.

use std::fs::File;
use std::io::{BufRead as _, BufReader, PipeReader, Write as _, pipe};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;

use crate::support::agent::Running;
use crate::support::background::{wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::lab::journal::Logged;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const PROMPT: Duration = Duration::from_secs(10);

/// What becomes of what is said.
#[derive(Clone, Copy, Debug)]
enum Sink {
    /// Its reader has gone.
    Broken,
    /// Its reader goes after one line, as `head -n 1` does.
    OneLine,
    /// Its reader reads nothing, and there is no room left.
    Blocked,
    /// The disk is full.
    Full,
    /// There is none.
    Closed,
}

const SINKS: [Sink; 5] = [Sink::Broken, Sink::OneLine, Sink::Blocked, Sink::Full, Sink::Closed];

/// A process with that for its standard error, and what has to be kept for it.
fn start(stage: &Stage, sink: Sink, arguments: &[&str]) -> (Running, Option<PipeReader>) {
    let arguments = [&["--log-level", "debug"], arguments].concat();
    let mut command = match sink {
        Sink::Closed => stage.agent.process_in_shell("exec \"$@\" 2>&-", &arguments),
        _ => stage.agent.process(&arguments),
    };
    let reader = redirect(&mut command, sink);
    (Running::start(command), reader)
}

fn redirect(command: &mut Command, sink: Sink) -> Option<PipeReader> {
    if let Sink::Closed | Sink::Full = sink {
        let device = if let Sink::Full = sink { "/dev/full" } else { "/dev/null" };
        command.stderr(Stdio::from(File::options().write(true).open(device).unwrap()));
        return None;
    }
    let (reader, mut writer) = pipe().unwrap();
    if let Sink::Blocked = sink {
        let flags = fcntl_getfl(&writer).unwrap();
        fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
        while writer.write(&[b'x'; 4096]).is_ok() {}
        while writer.write(b"x").is_ok() {}
        fcntl_setfl(&writer, flags).unwrap();
    }
    command.stderr(Stdio::from(writer));
    match sink {
        Sink::Blocked => return Some(reader),
        Sink::OneLine => {
            std::thread::spawn(move || BufReader::new(reader).read_line(&mut String::new()));
        }
        _ => drop(reader),
    }
    None
}

fn told(stage: &Stage) -> Vec<String> {
    stage.lab.requests().iter().filter_map(Logged::myip).collect()
}

fn stays(sink: Sink) {
    let stage = Stage::new();
    let (mut runner, _reader) = start(&stage, sink, &["run"]);
    let mut expected = vec![WAN.to_owned()];
    wait_for_published(&stage.agent, "home", WAN);
    for number in 1..=4 {
        let next = format!("81.2.69.{}", 20 + number);
        netns::move_wan(&expected[number - 1], &next);
        wait_for_published(&stage.agent, "home", &next);
        expected.push(next);
    }
    // Something to complain about.
    stage.lab.fault(Fault::Unauthorized);
    netns::move_wan("81.2.69.24", "81.2.69.30");
    wait_for_state(&stage.agent, "home", "held");
    expected.push("81.2.69.30".into());
    assert!(!runner.has_ended(), "{sink:?}");
    assert_eq!(told(&stage), expected, "{sink:?}");
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(PROMPT).status().code(), Some(0), "{sink:?}");
}

fn passes_once(sink: Sink) {
    let stage = Stage::new();
    for pass in 1..=3 {
        let (running, _reader) = start(&stage, sink, &["update"]);
        let output = running.wait(PROMPT);
        assert_eq!(output.status().code(), Some(0), "{sink:?}, pass {pass}: {output:?}");
    }
    assert_eq!(told(&stage), [WAN], "{sink:?}");
}

/// Each kind has a network of its own; what failed is told of all.
fn try_all(attempt: fn(Sink)) {
    let threads = SINKS.map(|sink| (sink, std::thread::spawn(move || attempt(sink))));
    let failed = threads.map(|(sink, thread)| thread.join().is_err().then_some(sink));
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "with a log that is {failed:?}, see above");
}

#[test]
fn one_that_stays_outlives_a_log_that_nobody_takes_and_repeats_no_update() {
    try_all(stays);
}

#[test]
fn a_single_pass_outlives_a_log_that_nobody_takes_and_repeats_no_update() {
    try_all(passes_once);
}

/// procd logs standard output as `info` and standard error as `err`.
#[test]
fn for_procd_lines_that_are_no_warning_go_to_standard_output() {
    let mut stage = Stage::new();
    stage.agent.set_env("DYNHOST_LOG", "split");
    stage.lab.fault(Fault::Unauthorized);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_state(&stage.agent, "home", "held");
    stage.lab.clear_faults();
    assert_eq!(stage.agent.run(&["resume", "home"]).code(), 0);
    wait_for_published(&stage.agent, "home", WAN);
    runner.signal(Signal::TERM);
    let output = runner.wait(PROMPT);
    let of = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    assert!(of(&output.stdout).contains(&"INFO".into()), "{output:?}");
    assert!(of(&output.stdout).iter().all(|level| level == "INFO"), "{output:?}");
    assert_eq!(of(&output.stderr), ["ERROR"], "{output:?}");
}
