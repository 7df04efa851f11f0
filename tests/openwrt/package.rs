//! Do the packages hold what OpenWrt's package managers expect, and always the same bytes?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::build::{Build, VERSION, names, read, unpack};
use super::router::{manifest, project, scratch, stdout};

/// Field -> value; the description's further lines begin with a blank.
fn fields(control: &str) -> BTreeMap<String, String> {
    let lines = control.lines().filter(|line| !line.starts_with(' '));
    let pairs = lines.map(|line| line.split_once(": ").unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn every_ipk_follows_the_rules() {
    let build = Build::of_project("package-rules");
    build.run();
    for name in names() {
        let folder = scratch("package-rules-unpacked");
        let members = unpack(&build.ipk(name), &folder);
        let order: Vec<&str> =
            members.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(order, ["./debian-binary", "./data.tar.gz", "./control.tar.gz"]);
        assert_eq!(read(&folder, "debian-binary"), "2.0\n");
        check_control(&folder, name);
        check_data(&folder);
    }
}

fn check_control(folder: &Path, name: &str) {
    let control = folder.join("control");
    let listing = unpack(&folder.join("control.tar.gz"), &control);
    let scripts = listing.iter().filter(|line| line.starts_with("-rwxr-xr-x 0/0"));
    let scripts: Vec<&str> = scripts.map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(scripts, ["./postinst", "./prerm"]);
    assert!(read(&control, "postinst").ends_with("\ndefault_postinst \"$0\" \"$@\"\n"));
    assert!(read(&control, "prerm").ends_with("\ndefault_prerm \"$0\" \"$@\"\n"));
    assert_eq!(read(&control, "conffiles"), "/etc/config/dynhost\n");

    let fields = fields(&read(&control, "control"));
    let unpacked = Command::new("gzip").arg("-dc").arg(folder.join("data.tar.gz")).output();
    let size = unpacked.unwrap().stdout.len().to_string();
    let expected = [
        ("Package", "dynhost"),
        ("Version", &format!("{VERSION}-r1")),
        ("Depends", "ca-bundle"),
        ("License", "MIT OR Apache-2.0"),
        ("Section", "net"),
        ("Maintainer", "dynhost maintainers"),
        ("Architecture", name),
        ("Installed-Size", &size),
    ];
    for (field, value) in expected {
        assert_eq!(fields.get(field).map(String::as_str), Some(value), "{name}: {field}");
    }
    assert!(fields.contains_key("Description"));
}

fn check_data(folder: &Path) {
    let listing = unpack(&folder.join("data.tar.gz"), &folder.join("data"));
    let mut expected = vec![(0o755, "./usr/bin/dynhost".to_owned())];
    // By this name the program speaks with rpcd.
    expected.push((0o777, "./usr/libexec/rpcd/dynhost".to_owned()));
    expected.extend(manifest().into_iter().map(|(mode, _, target)| (mode, format!(".{target}"))));
    expected.sort_by(|one, other| one.1.cmp(&other.1));
    let letters = |mode: u32| match mode {
        0o777 => "lrwxrwxrwx",
        0o755 => "-rwxr-xr-x",
        0o644 => "-rw-r--r--",
        0o600 => "-rw-------",
        _ => panic!("no package needs mode {mode:o}"),
    };
    let (folders, files): (Vec<_>, Vec<_>) = listing.iter().partition(|line| line.starts_with('d'));
    assert!(folders.iter().all(|line| line.starts_with("drwxr-xr-x 0/0 ")), "{folders:?}");
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|line| (line.split_once(" 0/0 ").unwrap().0, line.rsplit(' ').next().unwrap()))
        .collect();
    let expected: Vec<(&str, &str)> =
        expected.iter().map(|(mode, path)| (letters(*mode), path.as_str())).collect();
    assert_eq!(files, expected);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, other) =
        (Build::of_project("package-same-1"), Build::copy_of_project("package-same-2"));
    one.run();
    // Other times, other rights: neither may show.
    let changed = Command::new("sh")
        .args(["-c", "find . -type f -exec touch -d @86400 {} + -exec chmod go-rwx {} +"])
        .current_dir(other.project())
        .status();
    assert!(changed.unwrap().success());
    other.run();
    for name in names() {
        assert!(fs::read(one.ipk(name)).unwrap() == fs::read(other.ipk(name)).unwrap(), "{name}");
    }
}

#[test]
fn a_missing_or_foreign_program_is_named_with_the_command_that_makes_it() {
    let build = Build::of_project("package-missing");
    fs::remove_file(build.binary("mips-unknown-linux-musl")).unwrap();
    build.program("aarch64-unknown-linux-musl", [2, 1, 62, 0]);
    let run = build.try_run("");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success());
    let missing = "dist/mips-unknown-linux-musl/dynhost: missing, for dynhost of mips_24kc; build it with: make \
         cross";
    assert!(errors.contains(missing), "{errors}");
    let foreign =
        "dist/aarch64-unknown-linux-musl/dynhost: not a program for aarch64-unknown-linux-musl";
    assert!(errors.contains(foreign), "{errors}");
    assert!(!build.ipk("mips_24kc").exists() && !build.ipk("aarch64_generic").exists());
    assert!(build.ipk("mipsel_24kc").exists(), "the others are made");
    assert!(build.ipk_of("dynhost-full", "mips_24kc").exists(), "also the one with everything");
}

#[test]
fn the_package_with_everything_takes_the_place_of_the_other() {
    let build = Build::of_project("package-full").only_x86_64();
    build.run();
    let folder = scratch("package-full-unpacked");
    for package in ["dynhost", "dynhost-full"] {
        let into = folder.join(package);
        unpack(&build.ipk_of(package, "x86_64"), &into);
        unpack(&into.join("control.tar.gz"), &into);
        let control = fs::read_to_string(into.join("control")).unwrap();
        let is_full = package == "dynhost-full";
        assert!(control.starts_with(&format!("Package: {package}\n")), "{control}");
        for line in ["Provides: dynhost\n", "Conflicts: dynhost\n"] {
            assert_eq!(control.contains(line), is_full, "{control}");
        }
        let conffiles = fs::read_to_string(into.join("conffiles")).unwrap();
        assert_eq!(conffiles, "/etc/config/dynhost\n");
        let members = unpack(&into.join("data.tar.gz"), &into.join("data"));
        assert!(members.iter().any(|member| member.ends_with(" ./usr/bin/dynhost")), "{members:?}");
    }
    let makefile = read(&project().join("openwrt/dynhost"), "Makefile");
    let default = read(project(), "Cargo.toml");
    let default = default.lines().find_map(|line| line.strip_prefix("default = [")).unwrap();
    let features: Vec<&str> = default.split('"').skip(1).step_by(2).collect();
    let small: Vec<&str> = features.into_iter().filter(|feature| *feature != "ovh").collect();
    let line = format!("\nRUST_PKG_FEATURES:={}\n", small.join(","));
    assert!(makefile.contains(&line), "not {line}");
}

#[test]
fn a_missing_table_is_named() {
    let build = Build::of_project("package-table");
    fs::remove_file(build.folder.join("targets")).unwrap();
    let run = build.try_run("");
    assert!(!run.status.success());
    assert_eq!(String::from_utf8_lossy(&run.stderr), "targets: no target table there\n");
}

#[test]
fn the_feeds_makefile_installs_what_the_packages_hold() {
    let makefile = read(&project().join("openwrt/dynhost"), "Makefile");
    let install = makefile.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mode = match *words.first()? {
            "$(INSTALL_BIN)" => 0o755,
            "$(INSTALL_DATA)" => 0o644,
            "$(INSTALL_CONF)" => 0o600,
            _ => return None,
        };
        let source = words[1].strip_prefix("./files/")?.to_owned();
        Some((mode, source, words[2].strip_prefix("$(1)")?.to_owned()))
    });
    assert_eq!(install.collect::<Vec<_>>(), manifest());
    assert!(makefile.contains("$(PKG_INSTALL_DIR)/bin/dynhost $(1)/usr/bin/dynhost\n"));
    assert!(makefile.contains("$(LN) /usr/bin/dynhost $(1)/usr/libexec/rpcd/dynhost\n"));
    assert!(makefile.contains(&format!("\nPKG_VERSION:={VERSION}\n")));
    assert!(makefile.contains("/conffiles\n/etc/config/dynhost\nendef\n"), "not indented");
    let licences = makefile.lines().find_map(|line| line.strip_prefix("PKG_LICENSE_FILES:="));
    for file in licences.expect("the package says what its licence is").split(' ') {
        assert!(project().join(file).exists(), "there is no {file}");
    }
}

#[test]
fn every_script_is_one_that_busybox_ash_reads() {
    let scripts = manifest().into_iter().map(|(_, source, _)| format!("dynhost/files/{source}"));
    let packaging =
        ["build.sh", "ipk/postinst", "ipk/prerm", "apk/post-install", "apk/post-upgrade"]
            .map(|script| format!("packages/{script}"));
    let mut read_ones = 0;
    for script in scripts.chain(packaging) {
        let script = project().join("openwrt").join(script);
        if fs::read(&script).unwrap().starts_with(b"#!/bin/sh") {
            let check = Command::new("busybox").args(["ash", "-n"]).arg(&script).output().unwrap();
            assert_eq!(stdout(&check), "", "{}", script.display());
            read_ones += 1;
        }
    }
    assert_eq!(read_ones, 10);
}
