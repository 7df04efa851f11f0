//! Runs a program of the user's, without a shell, within limits of time and output.

mod error;
mod reap;
mod spawn;

use std::os::fd::OwnedFd;
#[cfg(feature = "rpcd")]
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};
use std::{env, io};

use rustix::io::read;
use rustix::process::{Pid, PidfdFlags, WaitStatus, pidfd_open};

pub use error::ProgramError;

use reap::{kill, reap};
#[cfg(feature = "rpcd")]
use spawn::null;
use spawn::spawn;
#[cfg(feature = "rpcd")]
pub(super) use spawn::spawn_with;

use super::poll::{input, is_ready, poll};
use crate::address::NoAddress;

/// Bytes a program may write to its standard output.
pub const MAX_OUTPUT: usize = 16 * 1024;
/// Bytes `option command` may write: an address, and some words for the reader.
pub const MAX_ADDRESS_OUTPUT: usize = 256;
/// How long `option command` may take.
pub const ADDRESS_TIME: Duration = Duration::from_secs(5);

/// What the program of `option command` wrote.
///
/// # Errors
///
/// [`NoAddress::CommandFailed`] with the program and a sentence.
pub fn output_for_address(argv: &[String]) -> Result<Vec<u8>, NoAddress> {
    run_within(argv, &[], Limits { time: ADDRESS_TIME, output: MAX_ADDRESS_OUTPUT }).map_err(
        |error| {
            let program = argv.first().cloned().unwrap_or_default();
            NoAddress::CommandFailed { program, why: error.to_string() }
        },
    )
}

/// Runs a program with these variables and `PATH` alone, and gives back what it wrote.
///
/// Standard input is empty and standard error discarded. At the time limit the program is killed
/// together with what it started in its process group; what it left in the background when it ended
/// by itself goes on.
///
/// # Errors
///
/// [`ProgramError`], also if it wrote more than [`MAX_OUTPUT`] bytes.
pub fn run(
    argv: &[String],
    env: &[(&str, &str)],
    limit: Duration,
) -> Result<Vec<u8>, ProgramError> {
    run_within(argv, env, Limits { time: limit, output: MAX_OUTPUT })
}

/// A program that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// Its exit code; 128 and the signal if that ended it.
    pub code: i32,
}

/// Where this program lies, to be run once more.
///
/// # Errors
/// [`ProgramError::System`] if the kernel does not say.
pub fn own() -> Result<String, ProgramError> {
    let path = env::current_exe()?.into_os_string().into_string();
    path.map_err(|_| ProgramError::NotAbsolute)
}

/// As [`run`], but a program that takes longer goes on without being listened to: `None`.
///
/// # Errors
/// [`ProgramError`], also if it wrote more than [`MAX_OUTPUT`] bytes.
pub fn start(argv: &[String], limit: Duration) -> Result<Option<Ended>, ProgramError> {
    if !argv.first().is_some_and(|program| program.starts_with('/')) {
        return Err(ProgramError::NotAbsolute);
    }
    let limits = Limits { time: limit, output: MAX_OUTPUT };
    let (pid, pipe) = spawn(argv, &[])?;
    let output = collect(pid, pipe, Instant::now() + limit, limits);
    match output {
        Err(ProgramError::TooSlow(_)) => return Ok(None),
        Err(_) => kill(pid),
        Ok(_) => {}
    }
    let code = code_of(reap(pid)?);
    Ok(Some(Ended { output: output?, code }))
}

/// Runs a program whose output and errors go to these files: its exit code, 128 and the signal if
/// that ended it. At the limit it is killed together with what it started.
///
/// # Errors
/// [`ProgramError::System`].
#[cfg(feature = "rpcd")]
pub(super) fn run_into(
    argv: &[String],
    [output, errors]: [BorrowedFd<'_>; 2],
    limit: Duration,
) -> Result<i32, ProgramError> {
    let program = argv.first().map(String::as_str).unwrap_or_default();
    let pid = spawn_with((program, argv), &[], [null()?.as_fd(), output, errors])?;
    let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from);
    let waited = ended
        .map_err(ProgramError::from)
        .and_then(|ended| wait(None, &ended, Instant::now() + limit, limit));
    if waited.is_err() {
        kill(pid);
    }
    Ok(code_of(reap(pid)?))
}

fn code_of(ended: Option<WaitStatus>) -> i32 {
    ended.map_or(0, |ended| {
        let signal = || 128 + ended.terminating_signal().unwrap_or_default();
        ended.exit_status().unwrap_or_else(signal)
    })
}

#[derive(Clone, Copy)]
struct Limits {
    time: Duration,
    output: usize,
}

fn run_within(
    argv: &[String],
    env: &[(&str, &str)],
    limits: Limits,
) -> Result<Vec<u8>, ProgramError> {
    if !argv.first().is_some_and(|program| program.starts_with('/')) {
        return Err(ProgramError::NotAbsolute);
    }
    let deadline = Instant::now() + limits.time;
    let (pid, pipe) = spawn(argv, env)?;
    let output = collect(pid, pipe, deadline, limits);
    if output.is_err() {
        kill(pid);
    }
    let ended = reap(pid)?;
    let output = output?;
    check(ended).map(|()| output)
}

/// Reads until the child ends; the pipe alone does not tell, as a grandchild may keep it open.
fn collect(
    pid: Pid,
    pipe: OwnedFd,
    deadline: Instant,
    limits: Limits,
) -> Result<Vec<u8>, ProgramError> {
    let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from)?;
    let mut pipe = Some(pipe);
    let mut output = Vec::new();
    loop {
        let (has_output, has_ended) = wait(pipe.as_ref(), &ended, deadline, limits.time)?;
        if has_output && let Some(reader) = &pipe {
            if !read_some(reader, &mut output)? {
                pipe = None;
            }
            if output.len() > limits.output {
                return Err(ProgramError::TooMuchOutput(limits.output));
            }
        } else if has_ended {
            return Ok(output);
        }
    }
}

/// Waits until the pipe has something or is closed, or the child has ended: (pipe, child).
fn wait(
    pipe: Option<&OwnedFd>,
    ended: &OwnedFd,
    deadline: Instant,
    limit: Duration,
) -> Result<(bool, bool), ProgramError> {
    let mut fds = vec![input(ended)];
    fds.extend(pipe.map(input));
    let left = deadline.saturating_duration_since(Instant::now());
    match poll(&mut fds, Some(left))? {
        0 => Err(ProgramError::TooSlow(limit)),
        _ => Ok((fds.get(1).is_some_and(is_ready), fds.first().is_some_and(is_ready))),
    }
}

/// Whether the pipe is still open.
fn read_some(pipe: &OwnedFd, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 512];
    let length = read(pipe, &mut chunk)?;
    output.extend_from_slice(chunk.get(..length).unwrap_or_default());
    Ok(length != 0)
}

fn check(ended: Option<WaitStatus>) -> Result<(), ProgramError> {
    let signal = ended.and_then(WaitStatus::terminating_signal);
    match ended.and_then(WaitStatus::exit_status) {
        Some(0) => Ok(()),
        Some(code) => Err(ProgramError::Exit(code)),
        None => Err(ProgramError::Killed(signal.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::address::{Family, command};

    fn address(argv: &[String], family: Family) -> Result<IpAddr, NoAddress> {
        output_for_address(argv).and_then(|output| command::address(argv, &output, family))
    }

    const ENOUGH: Duration = Duration::from_secs(5);

    fn sh(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_first_line_is_the_address() {
        for (script, family, address_read) in [
            ("echo 81.2.69.10", Family::Ipv4, "81.2.69.10"),
            ("printf 81.2.69.10", Family::Ipv4, "81.2.69.10"),
            ("printf ' 81.2.69.10\\r\\nmore\\n'", Family::Ipv4, "81.2.69.10"),
            ("echo 2a01:cb00:1:2::10; exec >&-", Family::Ipv6, "2a01:cb00:1:2::10"),
        ] {
            assert_eq!(address(&sh(script), family), Ok(address_read.parse().unwrap()), "{script}");
        }
    }

    #[test]
    fn a_program_that_takes_longer_than_it_is_waited_for_goes_on() {
        let ended = start(&sh("echo line; exit 77"), ENOUGH).unwrap().unwrap();
        assert_eq!((ended.output, ended.code), (b"line\n".to_vec(), 77));
        assert_eq!(start(&sh("kill -9 $$"), ENOUGH).unwrap().unwrap().code, 137);
        let file = env::temp_dir().join(format!("dynhost-goes-on-{}", std::process::id()));
        let script = format!("sleep 0.1; echo > {}", file.display());
        assert!(start(&sh(&script), Duration::from_millis(20)).unwrap().is_none());
        let deadline = Instant::now() + ENOUGH;
        while !file.exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn anything_else_is_refused_with_a_sentence() {
        for (argv, sentence) in [
            (sh("echo ::1"), "/bin/sh gave no address: its first line is ::1, which is not ipv4"),
            (sh("echo"), "/bin/sh gave no address: its first line is empty"),
            (sh(":"), "/bin/sh gave no address: its first line is empty"),
            (
                sh("printf 'no\\033 idea'"),
                "/bin/sh gave no address: its first line is no address: no\\u{1b} idea",
            ),
            (sh("echo 81.2.69.10; exit 3"), "/bin/sh gave no address: it ended with exit code 3"),
            (sh("kill -9 $$"), "/bin/sh gave no address: it was killed by signal 9"),
            (
                sh("while :; do echo 81.2.69.10; done"),
                "/bin/sh gave no address: it was killed after writing more than 256 bytes",
            ),
            (
                vec!["sh".to_owned()],
                "sh gave no address: write the program with its whole path, from /",
            ),
            (vec![], " gave no address: write the program with its whole path, from /"),
            (
                vec!["/nowhere/program".to_owned()],
                "/nowhere/program gave no address: it cannot be run: No such file or directory \
                 (os error 2)",
            ),
        ] {
            assert_eq!(address(&argv, Family::Ipv4).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn the_environment_is_the_given_one_and_path() {
        let env = [("DYNHOST_HOST", "home"), ("DYNHOST_TEXT", "two words; $HOME `id`")];
        let output = run(&["/usr/bin/env".to_owned()], &env, ENOUGH).unwrap();
        let mut lines: Vec<_> = std::str::from_utf8(&output).unwrap().lines().collect();
        lines.sort_unstable();
        let [host, text, path] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(*host, "DYNHOST_HOST=home");
        assert_eq!(*text, "DYNHOST_TEXT=two words; $HOME `id`");
        assert!(path.starts_with("PATH="));
    }

    #[test]
    fn arguments_reach_the_program_unchanged_and_input_is_empty() {
        let argv = ["/bin/echo", "a  b", "$HOME", ";"].map(str::to_owned);
        assert_eq!(run(&argv, &[], ENOUGH).unwrap(), b"a  b $HOME ;\n");
        assert_eq!(run(&["/bin/cat".to_owned()], &[], ENOUGH).unwrap(), b"");
    }

    #[test]
    fn a_slow_program_is_killed() {
        for script in ["sleep 60", "exec >&-; sleep 60", "while :; do :; done"] {
            let began = Instant::now();
            let error = run(&sh(script), &[], Duration::from_millis(30)).unwrap_err();
            assert_eq!(error.to_string(), "it was killed after running for 0.030 s");
            assert!(began.elapsed() < ENOUGH);
        }
    }

    /// It is in the group of this process, which must not be killed with it.
    #[test]
    fn a_slow_program_that_has_left_its_group_is_killed() {
        let script = "setpgrp(0, getpgrp(getppid())) or die; print 1; close STDOUT; sleep 60";
        let argv = ["/usr/bin/perl", "-e", script].map(str::to_owned);
        let began = Instant::now();
        let error = run(&argv, &[], Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.to_string(), "it was killed after running for 1 s");
        assert!(began.elapsed() < ENOUGH, "{:?}", began.elapsed());
    }

    #[test]
    fn a_killed_program_takes_along_what_it_started() {
        let file = env::temp_dir().join(format!("dynhost-test-{}-started", std::process::id()));
        let script = sh("sleep 60 & echo $! > $FILE; exec cat /dev/zero");
        run(&script, &[("FILE", file.to_str().unwrap())], ENOUGH).unwrap_err();
        let started = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let stat = format!("/proc/{}/stat", started.trim());
        // Dead, and perhaps not yet reaped by whoever inherited it.
        let is_dead = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        let began = Instant::now();
        while !is_dead() && began.elapsed() < ENOUGH {
            std::thread::yield_now();
        }
        assert!(is_dead());
    }

    #[test]
    fn what_stays_in_the_background_is_not_waited_for() {
        let began = Instant::now();
        let script = sh("sleep 1 & echo done");
        assert_eq!(run(&script, &[], ENOUGH).unwrap(), b"done\n");
        assert!(began.elapsed() < Duration::from_millis(900));
    }

    #[test]
    fn output_fits_up_to_its_limit() {
        let write = |length: usize| sh(&format!("head -c {length} /dev/zero"));
        assert_eq!(run(&write(MAX_OUTPUT), &[], ENOUGH).unwrap().len(), MAX_OUTPUT);
        let error = run(&write(MAX_OUTPUT + 1), &[], ENOUGH).unwrap_err();
        assert!(matches!(error, ProgramError::TooMuchOutput(MAX_OUTPUT)));
    }
}
