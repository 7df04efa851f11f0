//! Starts a program, with nothing of ours but what it needs.

use std::ffi::{CString, OsString};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::{env, io};

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::SigSet;
use rustix::fs::{Mode, OFlags, open};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;

/// Where programs find others if the agent itself was started without a `PATH`.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Not by `std::process::Command`: its two ways to start a program and its sorted maps of
/// variables are 17 KB on MIPS.
pub(super) fn spawn(argv: &[String], env: &[(&str, &str)]) -> io::Result<(Pid, OwnedFd)> {
    let (pipe, end) = pipe_with(PipeFlags::CLOEXEC)?;
    let null = null()?;
    let program = argv.first().map(String::as_str).unwrap_or_default();
    let files = [null.as_fd(), end.as_fd(), null.as_fd()];
    Ok((spawn_with((program, argv), env, files)?, pipe))
}

pub(super) fn null() -> io::Result<OwnedFd> {
    Ok(open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}

/// These files become standard input, output and error; none of them is one of these three now.
pub(in super::super) fn spawn_with(
    (program, argv): (&str, &[String]),
    env: &[(&str, &str)],
    files: [BorrowedFd<'_>; 3],
) -> io::Result<Pid> {
    let mut actions = PosixSpawnFileActions::init()?;
    for (file, standard) in files.into_iter().zip(0..) {
        actions.add_dup2(file.as_raw_fd(), standard)?;
    }
    let mut arguments = Vec::new();
    for argument in argv {
        arguments.push(CString::new(argument.as_str())?);
    }
    let program = CString::new(program)?;
    let pid = posix_spawn(&*program, &actions, &attributes()?, &arguments, &environment(env)?)?;
    Ok(Pid::from_raw(pid.as_raw()).ok_or(io::ErrorKind::NotFound)?)
}

/// A group of its own, so that what it started can be killed with it, and no signal blocked or,
/// as std does for this process, ignored.
fn attributes() -> nix::Result<PosixSpawnAttr> {
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
    )?;
    attributes.set_pgroup(nix::unistd::Pid::from_raw(0))?;
    attributes.set_sigmask(&SigSet::empty())?;
    let mut ignored = SigSet::empty();
    ignored.add(nix::sys::signal::SIGPIPE);
    attributes.set_sigdefault(&ignored)?;
    Ok(attributes)
}

fn environment(env: &[(&str, &str)]) -> io::Result<Vec<CString>> {
    let mut path = b"PATH=".to_vec();
    path.append(&mut env::var_os("PATH").map_or_else(|| PATH.into(), OsString::into_vec));
    let mut variables = vec![CString::new(path)?];
    for (name, value) in env {
        variables.push(CString::new([name, "=", value].concat())?);
    }
    Ok(variables)
}
