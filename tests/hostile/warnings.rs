//! `check` names every file by which another user could become root, or read a password.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::support::stage::{Stage, host};
use crate::support::stranger;

/// A configuration that names every kind of file, all of them as they should be.
struct Home {
    stage: Stage,
    password: PathBuf,
    hook: PathBuf,
    command: PathBuf,
}

fn put(path: &Path, content: &str, mode: u32) {
    write(path, content).unwrap();
    set_mode(path, mode);
}

fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

impl Home {
    fn new() -> Self {
        let stage = Stage::new();
        let beside = |name| stage.agent.config_file().with_file_name(name);
        let [password, hook, command] = ["password", "hook", "command"].map(beside);
        put(&password, "secret\n", 0o600);
        put(&hook, "#!/bin/sh\n", 0o755);
        put(&command, "#!/bin/sh\necho 81.2.69.10\n", 0o755);
        set_mode(stage.lab.ca_file(), 0o644);
        let [on_change, run] = [&hook, &command].map(|path| path.display().to_string());
        let options = [("on_change", &*on_change), ("source", "command"), ("command", &run)];
        let file = format!("\toption password_file '{}'\n", password.display());
        let section = host("home", &options).replace("\toption password 'secret'\n", &file);
        stage.agent.configure(&(stage.lab.provider_section("lab") + &section));
        Self { stage, password, hook, command }
    }

    /// `check` ends with 78 and a line about this file, or the option that names it.
    fn assert_warned(&self, what: &str, path: &Path, option: &str) {
        let output = self.stage.agent.run(&["check"]);
        let name = path.display().to_string();
        let is_about = |line: &&str| line.contains(&name) || line.contains(option);
        let line = output.stdout.lines().find(is_about);
        assert!(output.code() == 78 && line.is_some(), "{what}: {output:?}");
        assert!(!output.said().contains("secret"), "{what}: {output:?}");
    }
}

#[test]
fn files_as_they_should_be_are_no_fault() {
    let home = Home::new();
    let output = home.stage.agent.run(&["check"]);
    assert_eq!(output.code(), 0, "{output:?}");
}

#[test]
fn check_warns_of_a_configuration_that_others_may_write() {
    let home = Home::new();
    let path = home.stage.agent.config_file();
    set_mode(&path, 0o602);
    home.assert_warned("mode 602", &path, "write");
}

#[test]
fn check_warns_of_a_configuration_that_somebody_else_owns() {
    if stranger::is_missing("nobody else could own it") {
        return;
    }
    let home = Home::new();
    let path = home.stage.agent.config_file();
    chown(&path, Some(stranger::UID), None).unwrap();
    home.assert_warned("another owner", &path, "own");
}

#[test]
fn check_warns_of_a_password_file_that_others_may_read_or_write() {
    for mode in [0o644, 0o602] {
        let home = Home::new();
        set_mode(&home.password, mode);
        home.assert_warned(&format!("mode {mode:o}"), &home.password, "password_file");
    }
}

#[test]
fn check_warns_of_authorities_that_others_may_write() {
    let home = Home::new();
    set_mode(home.stage.lab.ca_file(), 0o646);
    home.assert_warned("mode 646", home.stage.lab.ca_file(), "ca_file");
}

#[test]
fn check_warns_of_programs_that_others_may_write() {
    let home = Home::new();
    for (program, option) in [(&home.hook, "on_change"), (&home.command, "command")] {
        set_mode(program, 0o757);
        home.assert_warned("mode 757", program, option);
        set_mode(program, 0o755);
    }
}

#[test]
fn check_warns_of_programs_that_somebody_else_owns() {
    if stranger::is_missing("nobody else could own them") {
        return;
    }
    let home = Home::new();
    for (program, option) in [(&home.hook, "on_change"), (&home.command, "command")] {
        chown(program, Some(stranger::UID), None).unwrap();
        home.assert_warned("another owner", program, option);
        chown(program, Some(0), None).unwrap();
    }
}

#[test]
fn check_warns_of_a_byte_order_mark_in_a_password_file() {
    let home = Home::new();
    put(&home.password, "\u{feff}secret\n", 0o600);
    home.assert_warned("a byte order mark", &home.password, "password_file");
}

#[test]
fn check_warns_of_a_comment_that_cut_a_password_short() {
    let stage = Stage::new();
    let config = std::fs::read_to_string(stage.agent.config_file()).unwrap();
    let cut = config.replace("'secret'", "hunter#2two");
    stage.agent.configure(&cut);
    let number = 1 + cut.lines().position(|line| line.contains("hunter")).unwrap();
    let output = stage.agent.run(&["check"]);
    let place = format!("{}:{number}: ", stage.agent.config_file().display());
    let line = output.stdout.lines().find(|line| line.starts_with(&place));
    assert!(output.code() == 78 && line.is_some_and(|line| line.contains('#')), "{output:?}");
    assert!(!output.said().contains("hunter") && !output.said().contains("2two"), "{output:?}");
}
