//! The way to the state and to the configuration: who has a directory on it has what is behind it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::stage::Stage;
use crate::support::stranger::{self, UID};
use crate::support::temp::TempDir;

fn directory(path: &Path, mode: u32) {
    fs::create_dir_all(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A scene, and a folder of root's for it.
fn scene() -> (Stage, TempDir) {
    let room = TempDir::new();
    directory(room.path(), 0o755);
    (Stage::new(), room)
}

/// Whether a state there is refused by everything that would use it, for this reason.
fn assert_refused(stage: &Stage, state_dir: &Path, reason: &str) {
    let state_dir = state_dir.display().to_string();
    for command in [&["update"][..], &["run"], &["resume", "home"]] {
        let output = stage.agent.run(&[&["--state-dir", &state_dir], command].concat());
        assert_eq!(output.code(), 74, "{command:?}: {output:?}");
        assert!(output.stderr.contains(reason), "{command:?}: no {reason:?} in {}", output.stderr);
    }
    assert_told(stage, &state_dir, "check", reason);
    assert!(stage.lab.requests().is_empty());
}

fn assert_told(stage: &Stage, state_dir: &str, command: &str, reason: &str) {
    let output = stage.agent.run(&["--state-dir", state_dir, command]);
    assert_ne!(output.code(), 0, "{command}: {output:?}");
    assert!(output.stdout.contains(reason), "{command}: no {reason:?} in {output:?}");
}

#[test]
fn a_state_below_a_directory_that_somebody_else_has_is_refused() {
    if stranger::is_missing("directories of another user cannot be made") {
        return;
    }
    let (stage, room) = scene();
    let above = room.path().join("above");
    for (mode, owner, group, reason) in [
        (0o755, UID, 0, "belongs to user 1234, who could put another in its place"),
        (0o700, UID, UID, "belongs to user 1234, who could put another in its place"),
        (0o1777, UID, 0, "belongs to user 1234, who could put another in its place"),
        (0o777, 0, 0, "may write the directory"),
        (0o775, 0, UID, "may write the directory"),
    ] {
        directory(&above, mode);
        chown(&above, Some(owner), Some(group)).unwrap();
        for below in ["state", "deeper/state", "../above/state"] {
            let state_dir = above.join(below);
            let _ = fs::remove_dir_all(above.join("deeper"));
            let _ = fs::remove_dir_all(above.join("state"));
            assert_refused(&stage, &state_dir, reason);
            assert!(!state_dir.exists(), "it was made");
            fs::create_dir_all(&state_dir).unwrap();
            assert_refused(&stage, &state_dir, reason);
        }
    }
}

#[test]
fn a_link_of_somebody_else_on_the_way_is_refused_and_nothing_is_made_behind_it() {
    if stranger::is_missing("links of another user cannot be made") {
        return;
    }
    let (stage, room) = scene();
    let (open, target) = (room.path().join("open"), room.path().join("target"));
    directory(&open, 0o1777);
    directory(&target, 0o755);
    stranger::act(|| symlink(&target, open.join("way")).unwrap());
    for below in ["way", "way/state", "way/../state", "way/deeper/state"] {
        assert_refused(&stage, &open.join(below), "symbolic link");
    }
    // Not by a link of root's that leads to his either.
    symlink(open.join("way"), room.path().join("root")).unwrap();
    assert_refused(&stage, &room.path().join("root/state"), "symbolic link");
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
}

#[test]
fn links_of_roots_and_folders_with_the_sticky_bit_are_ways_as_on_a_router() {
    let (stage, room) = scene();
    let (open, var) = (room.path().join("tmp"), room.path().join("var"));
    directory(&open, 0o1777);
    symlink("tmp", &var).unwrap();
    for below in ["run/dynhost", "state"] {
        let state_dir = var.join(below).display().to_string();
        let output = stage.agent.run(&["--state-dir", &state_dir, "update"]);
        assert_eq!(output.code(), 0, "{output:?}");
        let output = stage.agent.run(&["--state-dir", &state_dir, "check"]);
        assert_eq!(output.code(), 0, "{output:?}");
    }
    // One that leads in a circle is no way at all.
    symlink("circle", room.path().join("circle")).unwrap();
    let circle = room.path().join("circle/state").display().to_string();
    assert_eq!(stage.agent.run(&["--state-dir", &circle, "update"]).code(), 74);
}

#[test]
fn check_says_what_update_would_refuse() {
    let (stage, room) = scene();
    let at = |name: &str| -> PathBuf { room.path().join(name) };
    directory(&at("open"), 0o777);
    directory(&at("sticky"), 0o1777);
    directory(&at("group"), 0o775);
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    fs::write(at("file"), "").unwrap();
    for (name, reason) in [
        ("open", "may write the directory"),
        ("sticky", "may write the directory"),
        ("group", "may write the directory"),
        ("fifo", "wanted is a directory"),
        ("file", "wanted is a directory"),
    ] {
        assert_refused(&stage, &at(name), reason);
    }
    // The doctor looks at other things as well, which takes its time.
    let file = at("file").display().to_string();
    assert_told(&stage, &file, "doctor", "wanted is a directory");
    // One that is not there yet will be made.
    let missing = at("missing").display().to_string();
    assert_eq!(stage.agent.run(&["--state-dir", &missing, "check"]).code(), 0);
}

#[test]
fn a_configuration_in_a_folder_of_a_group_is_told() {
    if stranger::is_missing("folders of another group cannot be made") {
        return;
    }
    let (stage, room) = scene();
    let folder = room.path().join("folder");
    directory(&folder, 0o755);
    let config = folder.join("dynhost.conf");
    fs::copy(stage.agent.config_file(), &config).unwrap();
    let config = config.display().to_string();
    for (mode, group, told) in [
        (0o755, UID, false),
        (0o775, 0, false),
        (0o1775, UID, false),
        (0o775, UID, true),
        (0o2770, UID, true),
    ] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        chown(&folder, None, Some(group)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        let output = stage.agent.run(&["--config", &config, "check"]);
        let is_told = output.stdout.contains("group 1234 may write this directory");
        assert_eq!((is_told, output.code() != 0), (told, told), "{mode:o}: {output:?}");
    }
}
