//! Runs the package script in a folder of its own, with stand-ins for the binaries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::router::{project, scratch, stdout};

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
    pub folder: PathBuf,
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
    pub fn try_run(&self, tools: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new(self.project.join("openwrt/packages/build.sh"))
            .args(["targets", "dist", "out"])
            .current_dir(&self.folder)
            .env("PATH", format!("{tools}:{path}"))
            .env("SOURCE_DATE_EPOCH", "1795392000")
            .output()
            .unwrap()
    }

    pub fn program(&self, triple: &str, [class, order, first, second]: [u8; 4]) {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4..6].copy_from_slice(&[class, order]);
        bytes[18..20].copy_from_slice(&[first, second]);
        for dist in ["dist", "dist/full"] {
            let folder = self.folder.join(dist).join(triple);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("dynhost"), &bytes).unwrap();
        }
    }

    pub fn binary(&self, triple: &str) -> PathBuf {
        self.folder.join("dist").join(triple).join("dynhost")
    }

    pub fn ipk(&self, name: &str) -> PathBuf {
        self.ipk_of("dynhost", name)
    }

    /// That of another package.
    pub fn ipk_of(&self, package: &str, name: &str) -> PathBuf {
        self.out().join(name).join(format!("{package}_{VERSION}-r1_{name}.ipk"))
    }
}
/// Every architecture name.
pub fn names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().flat_map(|(_, names, _)| names.split(' '))
}

/// Unpacks a gzip'd tar; gives its listing: mode, owner, size, path, without the time.
pub fn unpack(archive: &Path, into: &Path) -> Vec<String> {
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

pub fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}
