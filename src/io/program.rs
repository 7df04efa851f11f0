//! Runs a program of the user's, without a shell, within limits of time and output.

use std::ffi::OsString;
use std::io::{self, Read};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fmt};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::address::{Family, NoAddress};

/// Bytes a program may write to its standard output.
pub const MAX_OUTPUT: usize = 16 * 1024;
/// Bytes `option command` may write: an address, and some words for the reader.
pub const MAX_ADDRESS_OUTPUT: usize = 256;
/// How long `option command` may take.
pub const ADDRESS_TIME: Duration = Duration::from_secs(5);

/// Where programs find others if the agent itself was started without a `PATH`.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Why a program gave nothing.
#[derive(Debug)]
pub enum ProgramError {
    /// No program, or not an absolute path: what is run must not depend on `PATH`.
    NotAbsolute,
    /// It could not be started or waited for.
    System(io::Error),
    /// It was still running after this time, and was killed.
    TooSlow(Duration),
    /// It wrote more bytes than this, and was killed.
    TooMuchOutput(usize),
    /// It ended with this exit code, which is not 0.
    Exit(i32),
    /// It was killed by this signal.
    Killed(i32),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbsolute => f.write_str("write the program with its whole path, from /"),
            Self::System(error) => write!(f, "it cannot be run: {error}"),
            Self::TooSlow(limit) => {
                write!(f, "it was killed after running for {} s", limit.as_secs_f32())
            }
            Self::TooMuchOutput(limit) => {
                write!(f, "it was killed after writing more than {limit} bytes")
            }
            Self::Exit(code) => write!(f, "it ended with exit code {code}"),
            Self::Killed(signal) => write!(f, "it was killed by signal {signal}"),
        }
    }
}

impl std::error::Error for ProgramError {}

impl From<io::Error> for ProgramError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// `option command`: the first line that the program writes, as an address of the family.
///
/// # Errors
///
/// [`NoAddress::CommandFailed`] with the program and a sentence.
pub fn address(argv: &[String], family: Family) -> Result<IpAddr, NoAddress> {
    run_within(argv, &[], Limits { time: ADDRESS_TIME, output: MAX_ADDRESS_OUTPUT })
        .map_err(|error| error.to_string())
        .and_then(|output| first_address(&output, family))
        .map_err(|why| {
            let program = argv.first().cloned().unwrap_or_default();
            NoAddress::CommandFailed { program, why }
        })
}

/// Runs a program with these variables and `PATH` alone, and gives back what it wrote.
///
/// Standard input is empty and standard error discarded. At the time limit the program is killed
/// together with what it started; what it left in the background when it ended by itself goes on.
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

#[derive(Clone, Copy)]
struct Limits {
    time: Duration,
    output: usize,
}

fn first_address(output: &[u8], family: Family) -> Result<IpAddr, String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().next().unwrap_or_default().trim();
    match line.parse() {
        Ok(address) if Family::of(address) == family => Ok(address),
        Ok(address) => Err(format!("its first line is {address}, which is not {family}")),
        Err(_) if line.is_empty() => Err("its first line is empty".to_owned()),
        Err(_) => Err(format!("its first line is no address: {}", line.escape_default())),
    }
}

fn run_within(
    argv: &[String],
    env: &[(&str, &str)],
    limits: Limits,
) -> Result<Vec<u8>, ProgramError> {
    let deadline = Instant::now() + limits.time;
    let mut child = spawn(argv, env)?;
    let output = collect(&mut child, deadline, limits);
    if output.is_err() {
        kill(&child);
    }
    let status = child.wait()?;
    let output = output?;
    check(status).map(|()| output)
}

fn spawn(argv: &[String], env: &[(&str, &str)]) -> Result<Child, ProgramError> {
    let (program, arguments) = argv.split_first().ok_or(ProgramError::NotAbsolute)?;
    if !program.starts_with('/') {
        return Err(ProgramError::NotAbsolute);
    }
    let path = env::var_os("PATH").unwrap_or_else(|| OsString::from(PATH));
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A group of its own: what it started can be killed with it.
        .process_group(0)
        .spawn()?;
    Ok(child)
}

/// Reads until the child ends; the pipe alone does not tell, as a grandchild may keep it open.
fn collect(child: &mut Child, deadline: Instant, limits: Limits) -> Result<Vec<u8>, ProgramError> {
    let pid = pid_of(child).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from)?;
    let mut pipe = child.stdout.take();
    let mut output = Vec::new();
    loop {
        let (has_output, has_ended) = wait(pipe.as_ref(), &ended, deadline, limits.time)?;
        if has_output && let Some(reader) = &mut pipe {
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
    pipe: Option<&impl AsFd>,
    ended: &impl AsFd,
    deadline: Instant,
    limit: Duration,
) -> Result<(bool, bool), ProgramError> {
    let ended = PollFd::new(ended, PollFlags::IN);
    let mut fds = match pipe {
        Some(pipe) => vec![ended, PollFd::new(pipe, PollFlags::IN)],
        None => vec![ended],
    };
    let ready = retry_on_intr(|| {
        let left = deadline.saturating_duration_since(Instant::now());
        // A limit beyond what the kernel counts to is none.
        poll(&mut fds, Timespec::try_from(left).ok().as_ref())
    });
    if ready.map_err(io::Error::from)? == 0 {
        return Err(ProgramError::TooSlow(limit));
    }
    let is_ready = |at: usize| fds.get(at).is_some_and(|fd: &PollFd<'_>| !fd.revents().is_empty());
    Ok((is_ready(1), is_ready(0)))
}

/// Takes what one read gives; false at the end.
fn read_some(pipe: &mut impl Read, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 512];
    let length = pipe.read(&mut chunk)?;
    output.extend_from_slice(chunk.get(..length).unwrap_or_default());
    Ok(length != 0)
}

/// The child is not reaped yet, so its number cannot have become another's.
fn kill(child: &Child) {
    if let Some(pid) = pid_of(child) {
        // It may have ended by itself just now.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn check(status: ExitStatus) -> Result<(), ProgramError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ProgramError::Exit(code)),
        (None, signal) => Err(ProgramError::Killed(signal.unwrap_or_default())),
    }
}
