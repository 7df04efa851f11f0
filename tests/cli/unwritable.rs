//! Where nothing can be written: words are lost, and nothing else.

use std::fs::{File, OpenOptions};
use std::io::{PipeReader, PipeWriter, Write as _, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl};

use crate::support::background::LIMIT;
use crate::support::lab::fault::Fault;
use crate::support::stage::{Stage, WAN};

/// A pipe that is full, and whoever could read it but does not.
fn full_pipe() -> (PipeWriter, PipeReader) {
    let (reader, mut writer) = pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    while writer.write(&[b'.'; 4096]).is_ok() {}
    while writer.write(b".").is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).unwrap();
    (writer, reader)
}

fn full_socket() -> (UnixStream, UnixStream) {
    let (mut writer, reader) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    while writer.write(&[b'.'; 4096]).is_ok() {}
    while writer.write(b".").is_ok() {}
    writer.set_nonblocking(false).unwrap();
    (writer, reader)
}

fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Its end, if that comes in time; who cannot end is ended.
fn end_of(mut child: Child, what: &str) -> ExitStatus {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() >= deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: it waits for somebody to read");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn run(mut command: Command, what: &str) -> ExitStatus {
    end_of(command.stdin(Stdio::null()).spawn().unwrap(), what)
}

/// Passes whose every line goes to what `stderr` makes: one request, and the state knows of it.
#[track_caller]
fn works_with(what: &str, stderr: &dyn Fn() -> Stdio) {
    let stage = Stage::new();
    for _ in 0..3 {
        let mut command = stage.agent.process(&["--log-level", "debug", "update"]);
        command.stdout(Stdio::null()).stderr(stderr());
        assert_eq!(run(command, what).code(), Some(0), "{what}");
        let record = stage.agent.record("home");
        assert_eq!(
            (&record["published"]["address"], &record["last"]["code"]),
            (&WAN.into(), &"good".into())
        );
    }
    assert_eq!(stage.lab.requests().len(), 1, "{what}: sent again");
    // The sentence at the end is no line of the log.
    let mut command = stage.agent.process(&["updat\u{1b}"]);
    command.stdout(Stdio::null()).stderr(stderr());
    assert_eq!(run(command, what).code(), Some(64), "{what}");
}

#[test]
fn a_log_on_a_full_disk_costs_nothing_but_the_log() {
    works_with("/dev/full", &|| full_disk().into());
}

#[test]
fn a_log_that_nobody_reads_costs_nothing_but_the_log() {
    let (writer, _reader) = full_pipe();
    works_with("a full pipe", &|| writer.try_clone().unwrap().into());
    let flags = fcntl_getfl(&writer).unwrap();
    assert!(!flags.contains(OFlags::NONBLOCK), "the flags are the parent's");
    let (writer, _reader) = full_socket();
    works_with("a full socket", &|| OwnedFd::from(writer.try_clone().unwrap()).into());
    assert!(!fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK));
}

#[test]
fn a_log_whose_reader_has_gone_costs_nothing_but_the_log() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    works_with("a pipe without a reader", &|| writer.try_clone().unwrap().into());
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    works_with("a socket without a reader", &|| OwnedFd::from(writer.try_clone().unwrap()).into());
}

#[test]
fn descriptors_that_are_closed_at_the_start_cost_nothing_but_what_they_would_show() {
    let rows = [
        ("exec \"$@\" 2>&-", 0),
        ("exec \"$@\" >&-", 0),
        ("exec \"$@\" <&- >&- 2>&-", 0),
        ("exec \"$@\" 2>/dev/full >/dev/full", 74),
        ("{ \"$@\" 2>&1; echo $? > code; } | head -n 1; exit $(cat code)", 0),
        ("{ \"$@\" 2>&1; echo $? > code; } | :; exit $(cat code)", 0),
    ];
    for (script, code) in rows {
        let stage = Stage::new();
        for level in ["info", "debug"] {
            let mut command =
                stage.agent.process_in_shell(script, &["--log-level", level, "update"]);
            command.current_dir(stage.agent.config_file().parent().unwrap());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            assert_eq!(run(command, script).code(), Some(code), "{script}");
            assert_eq!(stage.agent.record("home")["published"]["address"], WAN, "{script}");
        }
        assert_eq!(stage.lab.requests().len(), 1, "{script}: sent again");
    }
}

#[test]
fn output_on_a_full_disk_is_an_error_and_no_crash() {
    let stage = Stage::new();
    for (arguments, lacks_output) in [
        (&["update"][..], 74),
        (&["update", "--dry-run"], 74),
        (&["status"], 74),
        (&["status", "--json"], 74),
        (&["check"], 74),
        (&["--help"], 74),
        (&["resume", "home"], 0),
    ] {
        let mut command = stage.agent.process(arguments);
        command.stdout(full_disk()).stderr(Stdio::piped());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(lacks_output), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.contains("cannot write standard output"), lacks_output == 74, "{stderr}");
    }
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_rejection_is_remembered_though_nobody_hears_of_it() {
    let stage = Stage::new();
    stage.lab.fault(Fault::Unauthorized);
    for _ in 0..2 {
        let mut command = stage.agent.process(&["update"]);
        command.stdout(full_disk()).stderr(full_disk());
        run(command, "update");
        assert_eq!(stage.agent.record("home")["state"], "held");
    }
    assert_eq!(stage.lab.requests().len(), 1);
}
