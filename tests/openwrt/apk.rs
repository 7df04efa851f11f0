//! The .apk, as far as it can be judged without apk 3: what it is given, and where there is none.

use std::path::Path;
use std::process::Command;

use super::build::{Build, VERSION, read, unpack};
use super::router::{manifest, program, scratch, stdout};

/// A stand-in for apk 3: keeps its arguments, and packs the files as the package.
const APK: &str = "#!/bin/sh\n\
    [ \"$1\" != --version ] || { echo 'apk-tools 3.0.6, compiled for here.'; exit; }\n\
    while [ $# -gt 0 ]; do\n\
    case \"$1\" in --files) files=$2 ;; --output) output=$2 ;; esac\n\
    echo \"$1\" >> asked; shift; done\n\
    tar -C \"$files\" -czf \"$output\" --mtime=@1795392000 .\n";

#[test]
fn where_apk_3_is_at_hand_it_gets_names_scripts_and_lists() {
    let build = Build::of_project("package-apk").only_x86_64();
    let tools = scratch("package-apk-tools");
    program(&tools.join("apk"), APK);
    stdout(&build.try_run(tools.to_str().unwrap()));

    let asked = read(&build.folder, "asked");
    let version = format!("version:{VERSION}-r1");
    for argument in ["mkpkg", "name:dynhost", &version, "arch:x86_64", "depends:ca-bundle"] {
        assert!(asked.lines().any(|line| line == argument), "{argument} in {asked}");
    }
    for script in ["post-install", "post-upgrade", "pre-deinstall"] {
        let line = asked.lines().find(|line| line.starts_with(&format!("{script}:"))).unwrap();
        assert!(Path::new(line.split_once(':').unwrap().1).exists(), "{line}");
    }
    let folder = scratch("package-apk-unpacked");
    unpack(&build.out().join(format!("x86_64/dynhost-{VERSION}-r1.apk")), &folder);
    check_lists(&folder);
}

fn check_lists(folder: &Path) {
    let lists = folder.join("lib/apk/packages");
    let mut files: Vec<String> = manifest().into_iter().map(|(_, _, target)| target).collect();
    files.extend(["/usr/bin/dynhost", "/usr/libexec/rpcd/dynhost"].map(String::from));
    files.sort();
    assert_eq!(read(&lists, "dynhost.list").lines().collect::<Vec<_>>(), files);
    assert_eq!(read(&lists, "dynhost.conffiles"), "/etc/config/dynhost\n");
    let digest = Command::new("sha256sum").arg(folder.join("etc/config/dynhost")).output().unwrap();
    let digest = stdout(&digest);
    let expected = format!("/etc/config/dynhost {}\n", digest.split(' ').next().unwrap());
    assert_eq!(read(&lists, "dynhost.conffiles_static"), expected);
}

#[test]
fn without_apk_3_it_says_so() {
    let build = Build::of_project("package-no-apk").only_x86_64();
    let tools = scratch("package-no-apk-tools");
    program(&tools.join("apk"), "#!/bin/sh\necho 'apk-tools 2.14.0'\n");
    let run = build.try_run(tools.to_str().unwrap());
    stdout(&run);
    assert_eq!(String::from_utf8_lossy(&run.stderr), "no .apk: apk-tools 3 is not on the PATH\n");
}
