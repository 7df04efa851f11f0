//! A state directory that another user owns, or everybody may write: refused, and nothing of
//! root's behind a link in it is touched.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::stage::Stage;
use crate::support::stranger;

const PROMPT: Duration = Duration::from_secs(5);
/// What a stranger would put a link in the place of.
const NAMES: [&str; 8] = [
    "state.json.tmp",
    "state.json",
    "state.journal",
    "key",
    "key.tmp",
    "lock",
    "request",
    "state.json.bad",
];
const PRECIOUS: &str = "root's own words\n";

/// A file of root's, and a state directory with links to it under all names.
struct Trap {
    stage: Stage,
    precious: PathBuf,
}

impl Trap {
    fn new(prepare: impl Fn(&Path)) -> Self {
        let stage = Stage::new();
        let directory = stage.agent.state_dir();
        fs::create_dir(&directory).unwrap();
        prepare(&directory);
        let precious = stage.agent.config_file().with_file_name("precious");
        fs::write(&precious, PRECIOUS).unwrap();
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
        Self { stage, precious }
    }

    fn link(&self, name: &str) {
        let link = self.stage.agent.state_dir().join(name);
        let _ = fs::remove_file(&link);
        stranger::act(|| symlink(&self.precious, link)).unwrap();
    }

    /// Every command that writes is refused in one sentence with the directory's name.
    fn assert_refused(&self) {
        let directory = self.stage.agent.state_dir().display().to_string();
        for arguments in [&["update"][..], &["run"], &["resume", "home"], &["update", "--force"]] {
            let output = self.stage.agent.spawn(arguments).wait(PROMPT);
            assert_eq!(output.code(), 74, "{arguments:?}: {output:?}");
            let lines: Vec<_> = output.stderr.lines().collect();
            assert!(
                lines.len() == 1 && lines[0].contains(&directory),
                "{arguments:?}: not one sentence about {directory}: {output:?}"
            );
        }
        assert_eq!(self.stage.lab.connections(), 0);
    }

    fn assert_untouched(&self, name: &str) {
        assert_eq!(fs::read_to_string(&self.precious).unwrap(), PRECIOUS, "through {name}");
        let mode = fs::metadata(&self.precious).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "through {name}");
    }
}

fn owned_by_stranger(directory: &Path) {
    chown(directory, Some(stranger::UID), Some(stranger::UID)).unwrap();
}

fn open_to_all(directory: &Path) {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn behind_links_in_a_strangers_directory_no_file_of_roots_is_touched() {
    if stranger::is_missing("nobody could own the directory") {
        return;
    }
    let trap = Trap::new(owned_by_stranger);
    for name in NAMES {
        trap.link(name);
        for arguments in [&["update"][..], &["resume", "home"], &["update", "--force"]] {
            trap.stage.agent.spawn(arguments).wait(PROMPT);
            trap.assert_untouched(name);
        }
        fs::remove_file(trap.stage.agent.state_dir().join(name)).unwrap();
    }
}

#[test]
fn a_state_directory_of_a_stranger_is_refused_in_one_sentence() {
    if stranger::is_missing("nobody could own the directory") {
        return;
    }
    let trap = Trap::new(owned_by_stranger);
    trap.assert_refused();
}

#[test]
fn a_state_directory_that_everybody_may_write_is_refused_in_one_sentence() {
    if stranger::is_missing("nobody else could write there") {
        return;
    }
    let trap = Trap::new(open_to_all);
    trap.assert_refused();
    for name in NAMES {
        trap.link(name);
    }
    trap.assert_refused();
    trap.assert_untouched("any name");
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed_in_a_directory_of_our_own_either() {
    for name in NAMES {
        let stage = Stage::new();
        assert_eq!(stage.update().code(), 0);
        let precious = stage.agent.config_file().with_file_name("precious");
        fs::write(&precious, PRECIOUS).unwrap();
        let link = stage.agent.state_dir().join(name);
        let _ = fs::remove_file(&link);
        symlink(&precious, link).unwrap();
        crate::support::netns::move_wan("81.2.69.10", "81.2.69.20");
        stage.agent.spawn(&["update"]).wait(PROMPT);
        stage.agent.spawn(&["update", "--force"]).wait(PROMPT);
        assert_eq!(fs::read_to_string(&precious).unwrap(), PRECIOUS, "through {name}");
    }
}
