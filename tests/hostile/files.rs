//! What a stranger finds in the state directory: the state to read, and nothing to change.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::agent::Running;
use crate::support::background::{LIMIT, wait_for_published};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};
use crate::support::stranger;

/// Far more than a command takes that waits for nobody.
const PROMPT: Duration = Duration::from_secs(5);
/// Clients that say nothing, or nonsense, and stay.
const CLIENTS: usize = 100;

/// Starts one that stays under this umask and waits until it has published.
fn run_under(stage: &Stage, umask: &str) -> Running {
    let script = format!("umask {umask}; exec \"$@\"");
    let runner = Running::start(stage.agent.process_in_shell(&script, &["run"]));
    wait_for_published(&stage.agent, "home", WAN);
    runner
}

/// Everything a stranger could do to a directory and what is in it, and could do here.
fn deeds(paths: &[PathBuf]) -> Vec<String> {
    let mut done = Vec::new();
    let mut note = |what: &str, path: &Path, worked: bool| {
        if worked {
            done.push(format!("{what} {}", path.display()));
        }
    };
    for path in paths {
        if path.is_dir() {
            for name in ["state.json.tmp", "lock.tmp", "request", "anything"] {
                let inside = path.join(name);
                note("create", &inside, fs::write(&inside, "x").is_ok());
                note("link", &inside, symlink("/etc/passwd", &inside).is_ok());
                let fifo = mknodat(CWD, &inside, FileType::Fifo, Mode::from(0o666), 0);
                note("make a FIFO", &inside, fifo.is_ok());
            }
        } else {
            let mut options = fs::OpenOptions::new();
            let nonblocking = std::os::unix::fs::OpenOptionsExt::custom_flags(
                options.write(true),
                OFlag::O_NONBLOCK.bits(),
            );
            note("write", path, nonblocking.open(path).is_ok());
            note("remove", path, fs::remove_file(path).is_ok());
        }
        note("rename", path, fs::rename(path, path.with_extension("gone")).is_ok());
        let everything = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        note("chmod", path, fs::set_permissions(path, everything).is_ok());
    }
    done
}

fn read_by_stranger(path: &Path) -> bool {
    stranger::act(|| fs::read(path).is_ok())
}

#[test]
fn under_any_umask_a_stranger_reads_the_state_and_changes_nothing() {
    if stranger::is_missing("everybody here may do everything") {
        return;
    }
    for umask in ["000", "022", "077"] {
        let stage = Stage::new();
        let runner = run_under(&stage, umask);
        let paths = stranger::below(&stage.agent.state_dir());
        assert!(paths.len() > 1, "{paths:?}");
        let done = stranger::act(|| deeds(&paths));
        assert!(done.is_empty(), "umask {umask}: {done:?}");
        // LuCI and scripts are strangers, too.
        assert!(read_by_stranger(&stage.agent.state_file()), "umask {umask}: the state is hidden");
        let key = stage.agent.state_dir().join("key");
        assert!(!read_by_stranger(&key), "umask {umask}: the key is open");
        for path in stranger::below(&stage.agent.state_dir()) {
            let mode = path.symlink_metadata().unwrap().mode();
            let is_reached = stranger::act(|| path.symlink_metadata().is_ok());
            let is_open = is_reached && mode & 0o022 != 0 && !path.is_symlink();
            assert!(!is_open, "umask {umask}: {} has mode {mode:o}", path.display());
        }
        let runner_id = Pid::from_raw(i32::try_from(runner.id()).unwrap()).unwrap();
        for signal in [Signal::USR1, Signal::HUP, Signal::TERM] {
            assert!(stranger::act(|| kill_process(runner_id, signal)).is_err());
        }
    }
}

#[test]
fn strangers_at_whatever_socket_there_is_keep_nobody_waiting() {
    if stranger::is_missing("nobody could connect") {
        return;
    }
    let stage = Stage::new();
    let runner = run_under(&stage, "022");
    let doors = stranger::below(&stage.agent.state_dir()).into_iter().filter(|path| {
        path.symlink_metadata()
            .is_ok_and(|file| file.file_type().is_socket() || file.file_type().is_fifo())
    });
    let mut inside = Vec::new();
    for door in doors {
        inside.extend(stranger::act(|| {
            let client = |_| UnixStream::connect(&door).ok();
            (0..CLIENTS).filter_map(client).collect::<Vec<_>>()
        }));
    }
    for (number, mut client) in inside.iter().enumerate() {
        client.set_nonblocking(true).unwrap();
        let words = [&b""[..], b"force home\n", b"\xff\0\n", &[b'x'; 4096]][number % 4];
        let _ = std::io::Write::write(&mut client, words);
    }
    for arguments in [&["update"][..], &["update", "--force"], &["resume", "home"], &["status"]] {
        let output = stage.agent.spawn(arguments).wait(PROMPT);
        assert_eq!(output.code(), 0, "{arguments:?}: {output:?}");
    }
    // Asked for by root alone.
    assert_eq!(stage.lab.requests().len(), 2);
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(3, LIMIT));
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(PROMPT).code(), 0);
}

#[test]
fn of_several_state_directories_of_systemd_none_is_made_of_two_names() {
    let stage = Stage::new();
    let base = stage.agent.config_file().parent().unwrap().to_owned();
    let (first, second) = (base.join("a"), base.join("b"));
    let both = format!("{}:{}", first.display(), second.display());
    // What the agent's own command would add is a directory by name.
    let given = stage.agent.process(&["update"]);
    let named = stage.agent.state_dir();
    let arguments = given.get_args().filter(|a| *a != "--state-dir" && *a != named.as_os_str());
    let mut command = std::process::Command::new(given.get_program());
    command.args(arguments).env("STATE_DIRECTORY", &both);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let output = Running::start(command).wait(PROMPT);
    assert!(!Path::new(&both).exists(), "made {both}: {output:?}");
    if output.code() == 0 {
        assert!(first.join("state.json").exists(), "{output:?}");
    } else {
        assert!(output.stderr.contains("STATE_DIRECTORY"), "{output:?}");
    }
}

#[test]
fn signals_that_the_parent_blocked_are_heard_all_the_same() {
    let stage = Stage::new();
    let script = "exec env --block-signal=TERM,HUP,USR1,INT \"$@\"";
    let runner = Running::start(stage.agent.process_in_shell(script, &["run"]));
    wait_for_published(&stage.agent, "home", WAN);
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(PROMPT).code(), 0);
}
