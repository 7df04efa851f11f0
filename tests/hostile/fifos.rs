//! A FIFO in the place of a file: nothing waits at it, and one sentence says which file it is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;

use crate::support::background::wait_for_published;
use crate::support::stage::{Stage, WAN, host};

/// Nothing here waits for anybody.
const PROMPT: Duration = Duration::from_secs(5);

fn put_fifo(path: &Path) {
    let _ = fs::remove_file(path);
    mknodat(CWD, path, FileType::Fifo, Mode::from(0o600), 0).unwrap();
}

/// A stage that has published, with a FIFO in the place of this file.
fn with_fifo(what: &str) -> (Stage, PathBuf) {
    let stage = Stage::new();
    let beside = |name| stage.agent.config_file().with_file_name(name);
    let password = beside("password");
    fs::write(&password, "secret\n").unwrap();
    fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    let path = match what {
        "configuration" => stage.agent.config_file(),
        "password_file" => password.clone(),
        "ca_file" => stage.lab.ca_file().to_owned(),
        "lock" | "key" => stage.agent.state_dir().join("private").join(what),
        inside => stage.agent.state_dir().join(inside),
    };
    let provider = stage.lab.provider_section("lab");
    let file = format!("\toption password_file '{}'\n", password.display());
    let section = host("home", &[]).replace("\toption password 'secret'\n", &file);
    stage.agent.configure(&(provider + &section));
    assert_eq!(stage.update().code(), 0);
    put_fifo(&path);
    (stage, path)
}

/// What is wrong with a command's end, if anything is.
fn ends_in_time(stage: &Stage, arguments: &[&str], path: &Path) -> Result<(), String> {
    let running = stage.agent.spawn(arguments);
    if arguments == ["run"] {
        std::thread::sleep(Duration::from_millis(300));
        running.signal(Signal::TERM);
    }
    let output = running.wait_at_most(PROMPT)?;
    let Some(code) = output.status().code() else { return Err(format!("{output:?}")) };
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    // The sentence about authorities names the option and not the file.
    let is_about = |line: &&str| line.contains(&name) || line.contains("ca_file");
    let said = output.said();
    match said.lines().filter(is_about).count() {
        // A file that this command does not need may be anything.
        0 if code != 0 => Err(format!("exit {code} without a word about {name}: {output:?}")),
        // On either stream.
        0..=2 => Ok(()),
        _ => Err(format!("more than one sentence about {name}: {output:?}")),
    }
}

fn assert_nothing_waits_at(what: &str) {
    let (stage, path) = with_fifo(what);
    let commands = [&["status"][..], &["check"], &["update"], &["update", "--force"], &["run"]];
    let mut complaints = Vec::new();
    for arguments in commands {
        if let Err(complaint) = ends_in_time(&stage, arguments, &path) {
            complaints.push(format!("{}: {complaint}", arguments.join(" ")));
        }
    }
    assert!(complaints.is_empty(), "a FIFO as {what}:\n{}", complaints.join("\n"));
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_the_configuration() {
    assert_nothing_waits_at("configuration");
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_a_password_file() {
    assert_nothing_waits_at("password_file");
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_a_ca_file() {
    assert_nothing_waits_at("ca_file");
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_the_state() {
    assert_nothing_waits_at("state.json");
    assert_nothing_waits_at("state.json.tmp");
    assert_nothing_waits_at("state.journal");
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_the_key() {
    assert_nothing_waits_at("key");
}

#[test]
fn nothing_waits_at_a_fifo_in_the_place_of_the_lock() {
    assert_nothing_waits_at("lock");
}

#[test]
fn one_that_stays_is_ended_by_sigterm_after_a_sighup_with_a_fifo() {
    for what in ["configuration", "password_file", "ca_file"] {
        let stage = Stage::new();
        let runner = stage.agent.spawn(&["run"]);
        wait_for_published(&stage.agent, "home", WAN);
        let fifo = stage.agent.config_file().with_file_name("fifo");
        put_fifo(&fifo);
        let plain = fs::read_to_string(stage.agent.config_file()).unwrap();
        let ca_file = stage.lab.ca_file().display().to_string();
        let option = format!("\toption password_file '{}'\n", fifo.display());
        match what {
            "configuration" => put_fifo(&stage.agent.config_file()),
            "ca_file" => {
                stage.agent.configure(&plain.replace(&ca_file, &fifo.display().to_string()));
            }
            _ => stage.agent.configure(&plain.replace("\toption password 'secret'\n", &option)),
        }
        runner.signal(Signal::HUP);
        std::thread::sleep(Duration::from_millis(300));
        // Something to do, so that the file is really wanted.
        crate::support::netns::move_wan(WAN, "81.2.69.20");
        std::thread::sleep(Duration::from_millis(500));
        runner.signal(Signal::TERM);
        let ended = runner.wait_at_most(PROMPT);
        assert!(ended.is_ok(), "{what}: {ended:?}");
    }
}
