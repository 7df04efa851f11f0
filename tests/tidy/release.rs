//! Does `make release-check` see each step of a release that was forgotten?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::root;

const REPOSITORY: &str = "https://forge.example/dynhost";

/// A project that is small and ready to be released today.
struct Project {
    folder: PathBuf,
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn date(arguments: &[&str]) -> String {
    output(Command::new("date").env("LC_ALL", "C").arg("-u").args(arguments))
}

impl Project {
    fn ready(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{name}"));
        let _ = fs::remove_dir_all(&folder);
        for part in [".ci", "debian", "man", "openwrt/dynhost", "src"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        let project = Self { folder };
        for script in [".ci/release-check", "openwrt/source.sh"] {
            fs::copy(root().join(script), project.folder.join(script)).expect("a script");
        }
        let day = date(&["+%F"]);
        let released = date(&["-d", &day, "+%s"]);
        let page = format!(".Dd {}\n", date(&["-d", &day, "+%B %-d, %Y"]));
        let package = format!("repository = \"{REPOSITORY}\"\nhomepage = \"{REPOSITORY}\"\n");
        let head = "name = \"dynhost\"\nversion = \"1.2.3\"\n";
        project.write("Cargo.toml", &format!("[package]\n{head}{package}"));
        project.write("Cargo.lock", &format!("[[package]]\n{head}"));
        project.write("CHANGELOG.md", &format!("## [1.2.3] - {day}\n\n## [1.2.2] - 2020-02-02\n"));
        let constant = format!("pub const RELEASED: Time = {released};\n");
        project.write("src/lib.rs", &format!("/// Earlier than this release, {day}.\n{constant}"));
        project.write("debian/control", "Maintainer: A Person <person@forge.example>\n");
        project.write("man/dynhost.8", &page);
        project.write("man/dynhost.conf.5", &page);
        let url = "PKG_SOURCE_URL:=https://forge.example/dynhost/releases/download/v$(PKG_VERSION)";
        let feed = format!("PKG_VERSION:=1.2.3\n{url}\n  URL:={REPOSITORY}\nPKG_HASH:=");
        project.write("openwrt/dynhost/Makefile", &feed);
        project.git(&["init", "-q", "-b", "main"]);
        project.commit();
        project.pin();
        project
    }

    /// Sets `PKG_HASH` to that of the archive.
    fn pin(&self) {
        let archive = self.folder.join(".git/source.tar.gz");
        output(Command::new(self.folder.join("openwrt/source.sh")).arg(&archive));
        let sum = output(Command::new("sha256sum").arg(&archive));
        let sum = sum.split(' ').next().unwrap_or_default();
        self.edit("openwrt/dynhost/Makefile", "PKG_HASH:=", &format!("PKG_HASH:={sum}"));
        self.commit();
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.folder.join(path), text).expect("a file is written");
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.join(path)).expect("a file");
        assert!(text.contains(from), "{path} lacks {from}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let mut git = Command::new("git");
        output(git.arg("-C").arg(&self.folder).args(identity).args(arguments));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    /// What is said to be left, and whether the check passes.
    fn check(&self, repository: &str) -> (Vec<String>, bool) {
        let mut check = Command::new(self.folder.join(".ci/release-check"));
        let output = check.env("REPOSITORY", repository).output().expect("the check runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let left = said.lines().filter_map(|line| line.strip_prefix("not yet: "));
        (left.map(String::from).collect(), output.status.success())
    }
}

#[test]
fn a_project_that_is_ready_can_be_released() {
    assert_eq!(Project::ready("ready").check(REPOSITORY), (vec![], true));
}

#[test]
fn every_forgotten_step_is_named() {
    let project = Project::ready("forgotten");
    let feed = "openwrt/dynhost/Makefile";
    let rows = [
        ("Cargo.lock", "1.2.3", "1.2.2", "the version of the lock file is '1.2.2'"),
        (feed, "PKG_VERSION:=1.2.3", "PKG_VERSION:=1.2.2", "PKG_VERSION is '1.2.2'"),
        (feed, "PKG_HASH:=", "PKG_HASH:=0", "PKG_HASH is '0"),
        (feed, "  URL:=", "  URL:=x", "URL is 'xhttps"),
        (feed, "PKG_SOURCE_URL:=", "#", "PKG_SOURCE_URL is ''"),
        ("CHANGELOG.md", "[1.2.3]", "[1.2.4]", "the changelog's first version is '1.2.4'"),
        ("CHANGELOG.md", "] - 2", "] - unreleased 2", "CHANGELOG.md gives no date"),
        ("CHANGELOG.md", "] - 20", "] - 19", "CHANGELOG.md is dated 19"),
        ("src/lib.rs", "Time = 1", "Time = 2", "RELEASED is '2"),
        ("src/lib.rs", "release, ", "release, 1", "the comment on RELEASED names another day"),
        ("man/dynhost.8", ".Dd ", ".Dd J", "the date of man/dynhost.8 is 'J"),
        ("man/dynhost.conf.5", ".Dd ", ".Dd J", "the date of man/dynhost.conf.5 is 'J"),
        ("Cargo.toml", "repository = ", "# ", "repository is ''"),
        ("Cargo.toml", "homepage = ", "# ", "homepage is ''"),
        ("debian/control", "@forge.example", "@example.com", "debian/control names nobody"),
    ];
    for (path, from, to, sentence) in rows {
        project.edit(path, from, to);
        let (left, passed) = project.check(REPOSITORY);
        assert!(!passed, "{sentence}");
        assert!(left.iter().any(|said| said.starts_with(sentence)), "{sentence}: {left:?}");
        let uncommitted = left.iter().any(|said| said.contains("not committed"));
        assert!(uncommitted, "{left:?}");
        project.git(&["checkout", "-q", "--", path]);
    }
    assert_eq!(project.check(REPOSITORY), (vec![], true));
    let (left, passed) = project.check("");
    assert!(!passed && left[0].starts_with("REPOSITORY is empty"), "{left:?}");
    project.git(&["tag", "v1.2.3"]);
    project.commit();
    let (left, passed) = project.check(REPOSITORY);
    assert!(!passed && left[0].starts_with("v1.2.3 is the tag of another"), "{left:?}");
}
