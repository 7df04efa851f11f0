//! Do the packages hold what OpenWrt's package managers expect, and always the same bytes?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::router::{manifest, program, project, scratch, stdout};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Triple, architecture names, and how an ELF file of it begins: class, byte order, machine.
const TARGETS: [(&str, &str, [u8; 4]); 9] = [
    ("mips-unknown-linux-musl", "mips_24kc", [1, 2, 0, 8]),
    ("mipsel-unknown-linux-musl", "mipsel_24kc mipsel_74kc", [1, 1, 8, 0]),
    ("arm-unknown-linux-musleabihf", "arm_arm1176jzf-s_vfp", [1, 1, 40, 0]),
    ("armv5te-unknown-linux-musleabi", "arm_arm926ej-s arm_xscale", [1, 1, 40, 0]),
    ("armv7-unknown-linux-musleabi", "arm_cortex-a7 arm_cortex-a9", [1, 1, 40, 0]),
    (
        "armv7-unknown-linux-musleabihf",
        "arm_cortex-a7_neon-vfpv4 arm_cortex-a9_vfpv3-d16 arm_cortex-a15_neon-vfpv4",
        [1, 1, 40, 0],
    ),
    (
        "aarch64-unknown-linux-musl",
        "aarch64_cortex-a53 aarch64_cortex-a72 aarch64_cortex-a76 aarch64_generic",
        [2, 1, 183, 0],
    ),
    ("riscv64gc-unknown-linux-musl", "riscv64_generic", [2, 1, 243, 0]),
    ("x86_64-unknown-linux-musl", "x86_64", [2, 1, 62, 0]),
];

/// One run of the package script: its project, and its folder for table, binaries and packages.
pub struct Build {
    project: PathBuf,
    folder: PathBuf,
}

impl Build {
    /// The project as it is, with stand-ins for the binaries of every target.
    pub fn of_project(name: &str) -> Self {
        let build = Self { project: project().to_owned(), folder: scratch(name) };
        build.table(&TARGETS.map(|(triple, names, _)| format!("{triple} | 9 | {names} | more\n")));
        for (triple, _, elf) in TARGETS {
            build.program(triple, elf);
        }
        build
    }

    /// As [`Build::of_project`], from a copy that a test may change.
    pub fn copy_of_project(name: &str) -> Self {
        let build = Self { project: scratch(&format!("{name}-project")), ..Self::of_project(name) };
        let copied = Command::new("cp")
            .args(["-r", "Cargo.toml", "openwrt"])
            .arg(&build.project)
            .current_dir(project())
            .status();
        assert!(copied.unwrap().success());
        build
    }

    /// A table of these rows, in the form of `cross/targets`.
    fn table(&self, rows: &[String]) {
        let head = "# triple | budget | OpenWrt architectures | machines\n# a remark\n";
        let rest = "thumbv7neon-unknown-linux-musleabihf | 9 | - | no package\n\n";
        fs::write(self.folder.join("targets"), [head, &rows.concat(), rest].concat()).unwrap();
    }

    /// Only the package for `x86_64`: enough for what is not about architectures.
    pub fn only_x86_64(self) -> Self {
        self.table(&["x86_64-unknown-linux-musl | 9 | x86_64 | more\n".to_owned()]);
        self
    }

    pub fn project(&self) -> &Path {
        &self.project
    }

    pub fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// Builds all; every target must have worked.
    pub fn run(&self) {
        stdout(&self.try_run(""));
    }

    /// Builds with a folder of tools in front of the PATH.
    fn try_run(&self, tools: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new(self.project.join("openwrt/packages/build.sh"))
            .args(["targets", "dist", "out"])
            .current_dir(&self.folder)
            .env("PATH", format!("{tools}:{path}"))
            .env("SOURCE_DATE_EPOCH", "1795392000")
            .output()
            .unwrap()
    }

    fn program(&self, triple: &str, [class, order, first, second]: [u8; 4]) {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4..6].copy_from_slice(&[class, order]);
        bytes[18..20].copy_from_slice(&[first, second]);
        fs::create_dir_all(self.folder.join("dist").join(triple)).unwrap();
        fs::write(self.binary(triple), bytes).unwrap();
    }

    fn binary(&self, triple: &str) -> PathBuf {
        self.folder.join("dist").join(triple).join("dynhost")
    }

    fn ipk(&self, name: &str) -> PathBuf {
        self.out().join(name).join(format!("dynhost_{VERSION}-r1_{name}.ipk"))
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().flat_map(|(_, names, _)| names.split(' '))
}

/// Unpacks a gzip'd tar; gives its listing: mode, owner, size, path, without the time.
fn unpack(archive: &Path, into: &Path) -> Vec<String> {
    fs::create_dir_all(into).unwrap();
    let tar = |flags: &str| {
        let mut command = Command::new("tar");
        command.args(["--numeric-owner", flags]).arg(archive).arg("-C").arg(into);
        stdout(&command.env("TZ", "UTC").output().unwrap())
    };
    tar("-xpzf");
    let lines = tar("-tvzf");
    lines
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[3..5], ["2026-11-23", "00:00"], "{line}");
            [words[0], words[1], words[2], words[5]].join(" ")
        })
        .collect()
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

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
    expected.extend(manifest().into_iter().map(|(mode, _, target)| (mode, format!(".{target}"))));
    expected.sort_by(|one, other| one.1.cmp(&other.1));
    let letters = |mode: u32| match mode {
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
    let missing =
        "dist/mips-unknown-linux-musl/dynhost: missing, for mips_24kc; build it with: make cross";
    assert!(errors.contains(missing), "{errors}");
    let foreign =
        "dist/aarch64-unknown-linux-musl/dynhost: not a program for aarch64-unknown-linux-musl";
    assert!(errors.contains(foreign), "{errors}");
    assert!(!build.ipk("mips_24kc").exists() && !build.ipk("aarch64_generic").exists());
    assert!(build.ipk("mipsel_24kc").exists(), "the others are made");
}

#[test]
fn a_missing_table_is_named() {
    let build = Build::of_project("package-table");
    fs::remove_file(build.folder.join("targets")).unwrap();
    let run = build.try_run("");
    assert!(!run.status.success());
    assert_eq!(String::from_utf8_lossy(&run.stderr), "targets: no target table there\n");
}

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
    files.push("/usr/bin/dynhost".to_owned());
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
    assert!(makefile.contains(&format!("\nPKG_VERSION:={VERSION}\n")));
    assert!(makefile.contains("/conffiles\n/etc/config/dynhost\nendef\n"), "not indented");
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
    assert_eq!(read_ones, 9);
}
