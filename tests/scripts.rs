//! Do the scripts that check and pack fail when what they need fails? A pipeline hides the end of
//! its left side, and so do the words of a loop and a command within another's arguments.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::temp::TempDir;

const TRIPLE: &str = "mips-unknown-linux-musl";

/// A copy of `cross/` that has "built" a program, which only an emulator could run.
struct Cross {
    folder: TempDir,
}

impl Cross {
    fn new(emulator: &str) -> Self {
        let cross = Self { folder: TempDir::new() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("cross");
        fs::create_dir(cross.path("cross")).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let file = entry.unwrap().path();
            fs::copy(&file, cross.path("cross").join(file.file_name().unwrap())).unwrap();
        }
        let row = format!("{TRIPLE} | 100 | 100 | {emulator} | soft | mips_24kc | some\n");
        fs::write(cross.path("cross/targets"), row).unwrap();
        fs::write(cross.path("Cargo.toml"), "version = \"1.2.3\"\n").unwrap();
        // Nothing is installed here.
        cross.script("cross/setup.sh", "exit 0");
        fs::create_dir(cross.path("tools")).unwrap();
        cross.script("tools/file", "echo statically linked");
        cross.script("tools/qemu-works", "echo dynhost 1.2.3");
        fs::create_dir_all(cross.program().parent().unwrap()).unwrap();
        fs::write(cross.program(), "\x7fELF").unwrap();
        cross
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn program(&self) -> PathBuf {
        self.path("target/dist").join(TRIPLE).join("dynhost")
    }

    fn script(&self, path: &str, line: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(self.path(path), format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, script: &str, arguments: &[&str]) -> (bool, String) {
        let path = std::env::var("PATH").unwrap();
        let run = Command::new(self.path(script))
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.path("tools").display()))
            .output()
            .unwrap();
        (run.status.success(), said(&run))
    }
}

fn said(run: &Output) -> String {
    [&*run.stdout, &*run.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn a_program_that_ran_and_fits_is_good() {
    let (good, said) = Cross::new("qemu-works").run("cross/check.sh", &[]);
    assert!(good && said.contains("good"), "{said}");
}

#[test]
fn a_program_that_could_not_be_run_is_not_good() {
    let (good, said) = Cross::new("qemu-nowhere").run("cross/check.sh", &[]);
    assert!(said.contains("qemu-nowhere is missing"), "{said}");
    assert!(!good && !said.contains("good"), "{said}");
}

#[test]
fn either_budget_counts() {
    for (row, fault) in [("3 | 100", "over its budget"), ("100 | 3", "over its budget for the")] {
        let cross = Cross::new("qemu-works");
        let row = format!("{TRIPLE} | {row} | qemu-works | soft | mips_24kc | some\n");
        fs::write(cross.path("cross/targets"), row).unwrap();
        let (good, said) = cross.run("cross/check.sh", &[]);
        assert!(!good && said.contains(fault), "{said}");
    }
}

#[test]
fn what_is_not_built_and_what_nobody_knows_is_checked_and_tested_by_nobody() {
    for script in ["cross/check.sh", "cross/test.sh"] {
        let cross = Cross::new("qemu-works");
        let (good, said) = cross.run(script, &["no-such-target"]);
        assert!(!good && said.contains("no target no-such-target"), "{script}: {said}");
        fs::remove_file(cross.program()).unwrap();
        let (good, said) = cross.run(script, &[]);
        assert!(!good && said.contains("nothing is built"), "{script}: {said}");
    }
}

/// Runs a script of the project, with these stand-ins (name, line) before the real programs.
fn with_stand_ins(script: &str, arguments: &[&str], tools: &[(&str, &str)]) -> (bool, String) {
    let cross = Cross::new("qemu-works");
    for (name, line) in tools {
        cross.script(&format!("tools/{name}"), line);
    }
    let run = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
        .args(arguments)
        .env(
            "PATH",
            format!("{}:{}", cross.path("tools").display(), std::env::var("PATH").unwrap()),
        )
        .output()
        .unwrap();
    (run.status.success(), said(&run))
}

#[test]
fn a_package_whose_list_of_files_failed_is_none() {
    let out = TempDir::new();
    let to = out.path().join("packages").display().to_string();
    let arguments = ["amd64", "/bin/true", &to];
    let (good, said) = with_stand_ins("debian/build.sh", &arguments, &[]);
    assert!(good, "{said}");
    let broken = [("sort", "exit 1"), ("find", "echo usr/bin/dynhost; exit 1")];
    for tool in broken {
        let (good, said) = with_stand_ins("debian/build.sh", &arguments, &[tool]);
        assert!(!good, "{tool:?}: {said}");
    }
}

#[test]
fn a_feed_with_a_package_that_is_cut_off_is_none() {
    let folder = TempDir::new();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for name in ["packages/mips_24kc", "packages/all", "keys"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    for name in ["dynhost-feed.sec", "dynhost-feed.pub", "dynhost-feed.pem"] {
        fs::write(path("keys") + "/" + name, "a key").unwrap();
    }
    fs::write(path("packages/all/page.ipk"), "").unwrap();
    fs::write(path("packages/mips_24kc/dynhost.ipk"), b"\x1f\x8b cut off").unwrap();
    let arguments = ["feed", &path("packages"), &path("keys"), &path("feed")];
    let signs = ("signify-openbsd", "touch Packages.sig");
    let (good, said) = with_stand_ins("openwrt/feed.sh", &arguments, &[signs]);
    assert!(!good && !Path::new(&path("feed/mips_24kc/Packages.sig")).exists(), "{said}");
}
