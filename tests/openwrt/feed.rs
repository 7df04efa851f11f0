//! Does opkg find in a feed what it trusts, by a signature that other code verifies?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

use super::build::Build;
use super::router::{program, project, scratch, stdout};

fn feed(arguments: &[&Path], tools: &str) -> Output {
    let path = std::env::var("PATH").unwrap();
    Command::new(project().join("openwrt/feed.sh"))
        .args(arguments)
        .env("PATH", format!("{tools}:{path}"))
        .output()
        .unwrap()
}

/// Keys outside of the repository, where those of the tests' other files lie in it.
struct Keys(PathBuf);

impl Keys {
    fn new(name: &str) -> Self {
        let folder = format!("dynhost-feed-{}-{name}", std::process::id());
        let keys = Self(std::env::temp_dir().join(folder));
        let _ = fs::remove_dir_all(&keys.0);
        stdout(&feed(&[Path::new("key"), &keys.0], ""));
        keys
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn made(name: &str, tools: &str) -> (Keys, PathBuf, Output) {
    let build = Build::of_project(name).only_x86_64();
    stdout(&build.try_run(tools));
    let (keys, folder) = (Keys::new(name), scratch(&format!("{name}-feed")));
    let run = feed(
        &[Path::new("feed"), &build.out(), &keys.0, &folder, Path::new("https://f.example/d")],
        tools,
    );
    stdout(&run);
    (keys, folder, run)
}

/// What stands behind the first two lines' comment, without the algorithm's name: number and rest.
fn decoded(file: &Path) -> (Vec<u8>, Vec<u8>) {
    let text = fs::read_to_string(file).unwrap();
    let bytes = STANDARD.decode(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(&bytes[..2], b"Ed");
    (bytes[2..10].to_vec(), bytes[10..].to_vec())
}

#[test]
fn the_index_is_signed_and_names_every_package_with_its_digest() {
    let (keys, folder, run) = made("feed-index", "");
    let arch = folder.join("x86_64");
    let index = fs::read(arch.join("Packages")).unwrap();
    let (number, key) = decoded(&folder.join("dynhost-feed.pub"));
    let (signed_by, signature) = decoded(&arch.join("Packages.sig"));
    assert_eq!(number, signed_by);
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&index, &signature).expect("what was signed");
    key.verify(&index[1..], &signature).expect_err("what was changed");

    let text = String::from_utf8(index).unwrap();
    let entries: Vec<&str> = text.split("\n\n").filter(|entry| !entry.is_empty()).collect();
    let mut packages = 0;
    for entry in fs::read_dir(&arch).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none_or(|extension| extension != "ipk") {
            continue;
        }
        packages += 1;
        let sum = stdout(&Command::new("sha256sum").arg(&entry).output().unwrap());
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        let lines = [
            format!("\nFilename: {name}\n"),
            format!("\nSize: {}\n", entry.metadata().unwrap().len()),
            format!("\nSHA256sum: {}\n", sum.split(' ').next().unwrap()),
        ];
        let is_whole = |entry: &&&str| lines.iter().all(|line| entry.contains(line.as_str()));
        assert_eq!(entries.iter().filter(is_whole).count(), 1, "{name} in {text}");
    }
    assert_eq!(packages, entries.len());
    assert!(packages >= 11 && entries.iter().all(|entry| entry.starts_with("Package: ")));
    let zipped = Command::new("gzip").arg("-dc").arg(arch.join("Packages.gz")).output().unwrap();
    assert_eq!(stdout(&zipped), text);

    let said = String::from_utf8(run.stdout).unwrap();
    assert!(said.contains("echo 'src/gz dynhost https://f.example/d/ARCH'"), "{said}");
    let complaint = "no packages.adb: apk-tools 3 is not on the PATH";
    assert!(String::from_utf8_lossy(&run.stderr).contains(complaint));
    check_secrets(&keys.0, &folder);
}

/// Secrets are for their owner alone, and not in the feed, whose files are for everybody.
fn check_secrets(keys: &Path, folder: &Path) {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for secret in ["dynhost-feed.sec", "dynhost-feed-apk.key"] {
        assert_eq!(mode(&keys.join(secret)), 0o600, "{secret}");
        assert!(!folder.join(secret).exists());
    }
    assert_eq!(mode(&folder.join("x86_64/Packages.sig")), 0o644);
    assert_eq!(mode(&folder.join("dynhost-feed.pem")), 0o644);
}

#[test]
fn where_apk_3_is_at_hand_its_index_is_signed_with_its_own_key() {
    let tools = scratch("feed-apk-tools");
    let apk = "#!/bin/sh\n\
        [ \"$1\" != --version ] || { echo 'apk-tools 3.0.6, compiled for here.'; exit; }\n\
        echo \"$*\" >> \"$(dirname \"$0\")/asked\"\n\
        while [ $# -gt 0 ]; do [ \"$1\" != --output ] || : > \"$2\"; shift; done\n";
    program(&tools.join("apk"), apk);
    let (keys, folder, run) = made("feed-apk", tools.to_str().unwrap());
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    assert!(folder.join("x86_64/packages.adb").exists());
    let asked = fs::read_to_string(tools.join("asked")).unwrap();
    let index = asked.lines().find(|line| line.starts_with("mkndx")).unwrap();
    assert!(index.contains(keys.0.join("dynhost-feed-apk.key").to_str().unwrap()), "{index}");
    assert!(index.contains("dynhost-") && index.contains("luci-app-dynhost-"), "{index}");
    let public = fs::read_to_string(folder.join("dynhost-feed.pem")).unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
}

#[test]
fn keys_are_never_in_the_repository_and_never_overwritten() {
    let inside = project().join("target/feed-keys");
    let run = feed(&[Path::new("key"), &inside], "");
    assert!(!run.status.success() && !inside.exists());
    assert!(String::from_utf8_lossy(&run.stderr).contains("outside of the repository"));
    let keys = Keys::new("twice");
    let before = fs::read(keys.0.join("dynhost-feed.sec")).unwrap();
    let run = feed(&[Path::new("key"), &keys.0], "");
    assert!(!run.status.success());
    assert_eq!(fs::read(keys.0.join("dynhost-feed.sec")).unwrap(), before);
    let (none, out) = (keys.0.join("none"), scratch("feed-no-key"));
    let run = feed(&[Path::new("feed"), &out, &none, &out.join("feed")], "");
    assert!(String::from_utf8_lossy(&run.stderr).contains("make one with: make feed-key"));
}
