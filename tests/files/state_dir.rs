//! The state directory: whose it is, what lies in it, and what is made of it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::time::Duration;

use super::{assert_refused, make_fifo};
use crate::support::agent::Running;
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

const LIMIT: Duration = Duration::from_secs(40);

fn mode(path: &Path) -> u32 {
    let found = std::fs::symlink_metadata(path);
    found.unwrap_or_else(|error| panic!("{}: {error}", path.display())).mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn published() -> Stage {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    stage
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    for umask in ["000", "022", "077"] {
        let stage = Stage::new();
        let (above, below) = (stage.agent.state_dir(), stage.agent.state_dir().join("a/b"));
        let script = format!("umask {umask}; exec \"$@\"");
        let below_text = below.display().to_string();
        let arguments = ["--state-dir", &below_text, "update"];
        let process = stage.agent.process_in_shell(&script, &arguments);
        assert_eq!(Running::start(process).wait(LIMIT).code(), 0, "umask {umask}");
        let rows = [
            ("", 0o755),
            ("state.json", 0o644),
            ("private", 0o700),
            ("private/key", 0o600),
            ("private/lock", 0o600),
        ];
        for (name, expected) in rows {
            assert_eq!(mode(&below.join(name)), expected, "umask {umask}: {name}");
        }
        // Everybody can come to the state.
        assert_eq!((mode(&above), mode(&above.join("a"))), (0o755, 0o755), "umask {umask}");
    }
}

#[test]
fn a_directory_of_version_0_1_0_goes_on_with_its_key() {
    let stage = published();
    let (home, private) = (stage.agent.state_dir(), stage.agent.state_dir().join("private"));
    let key = std::fs::read(private.join("key")).unwrap();
    std::fs::rename(private.join("key"), home.join("key")).unwrap();
    std::fs::remove_dir_all(&private).unwrap();
    for left in ["lock", "request", "request.taken"] {
        std::fs::write(home.join(left), "force home\n").unwrap();
    }
    assert_eq!(stage.agent.run(&["update", "--dry-run"]).verdict(), (0, "unchanged"));
    assert!(home.join("key").exists() && !private.exists(), "a dry run moves nothing");
    for _ in 0..2 {
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
        assert_eq!(std::fs::read(private.join("key")).unwrap(), key);
        for left in ["key", "lock", "request", "request.taken"] {
            assert!(!home.join(left).exists(), "{left}");
        }
    }
    assert_eq!(stage.lab.requests().len(), 1, "the fingerprints were kept");
}

#[test]
fn nothing_is_opened_by_a_link_and_nothing_is_written_through_one() {
    let stage = published();
    let home = stage.agent.state_dir();
    let target = stage.agent.config_file().with_file_name("target");
    std::fs::write(&target, "untouched").unwrap();
    for name in ["state.json.tmp", "private/key.tmp"] {
        symlink(&target, home.join(name)).unwrap();
    }
    std::fs::remove_file(home.join("private/key")).unwrap();
    netns::move_wan(WAN, "81.2.69.20");
    assert_eq!(stage.update().verdict(), (0, "updated"));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    assert!(!home.join("state.json.tmp").exists() && !home.join("private/key.tmp").exists());
    for name in ["state.json", "private/key", "private/lock"] {
        let path = home.join(name);
        let aside = home.join("aside");
        std::fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        let text = path.display().to_string();
        assert_refused(&stage.agent, &["update"], &[&text, "symbolic link", "remove it"]);
        std::fs::rename(&aside, &path).unwrap();
    }
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
}

#[test]
fn what_is_no_regular_file_is_refused_and_never_waited_for() {
    let stage = published();
    let home = stage.agent.state_dir();
    for name in ["state.json", "private/key", "private/lock"] {
        let path = home.join(name);
        let aside = home.join("aside");
        std::fs::rename(&path, &aside).unwrap();
        make_fifo(&path);
        let text = path.display().to_string();
        for command in ["update", "run"] {
            assert_refused(&stage.agent, &[command], &[&text, "a FIFO", "remove it"]);
        }
        if name == "state.json" {
            assert_refused(&stage.agent, &["status"], &[&text, "a FIFO"]);
        }
        std::fs::rename(&aside, &path).unwrap();
    }
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_directory_that_others_may_write_is_refused_with_its_mode() {
    let stage = published();
    let home = stage.agent.state_dir();
    for (name, bad, good) in [("", 0o775, 0o755), ("", 0o1777, 0o755), ("private", 0o720, 0o700)] {
        let path = home.join(name);
        set_mode(&path, bad);
        let text = home.display().to_string();
        let mode = format!("mode {bad:04o}");
        for command in ["update", "run"] {
            assert_refused(&stage.agent, &[command], &[&text, &mode, "chmod go-w"]);
        }
        // It is shown all the same.
        assert_eq!(stage.agent.run(&["status"]).code(), 0);
        set_mode(&path, good);
    }
    // What others could only see is mended.
    set_mode(&home.join("private"), 0o755);
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(mode(&home.join("private")), 0o700);
}

#[test]
fn a_directory_or_file_of_another_user_is_refused_with_its_owner() {
    let stage = published();
    let home = stage.agent.state_dir();
    if chown(&home, Some(1234), None).is_err() {
        // In a user namespace there is no other user; the rule has its rows in src/io.
        return;
    }
    let text = home.display().to_string();
    assert_refused(&stage.agent, &["update"], &[&text, "user 1234 (mode 0755)", "chown"]);
    assert_eq!(stage.agent.run(&["status"]).code(), 0);
    chown(&home, Some(0), None).unwrap();
    for name in ["state.json", "private", "private/key", "private/lock"] {
        chown(home.join(name), Some(1234), None).unwrap();
        assert_refused(&stage.agent, &["update"], &[&text, "belongs to user 1234"]);
        chown(home.join(name), Some(0), None).unwrap();
    }
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
}

#[test]
fn a_link_in_the_directorys_place_is_followed_if_it_is_the_users_own() {
    let stage = published();
    let home = stage.agent.state_dir();
    let real = home.with_file_name("real");
    std::fs::rename(&home, &real).unwrap();
    // As examples/dynhost.tmpfiles has it for /run/dynhost.
    for target in [real.as_path(), Path::new("real")] {
        symlink(target, &home).unwrap();
        assert_eq!(stage.agent.run(&["status"]).code(), 0);
        assert_eq!(stage.update().verdict(), (0, "unchanged"));
        if std::os::unix::fs::lchown(&home, Some(1234), None).is_ok() {
            let text = home.display().to_string();
            assert_refused(&stage.agent, &["update"], &[&text, "symbolic link of user 1234"]);
        }
        std::fs::remove_file(&home).unwrap();
    }
    assert_eq!(stage.lab.requests().len(), 1);
}
