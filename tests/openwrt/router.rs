//! A root file system with busybox and the stand-ins, entered by chroot.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FOLDERS: [&str; 9] = [
    "dev",
    "etc/config",
    "etc/rc.d",
    "etc/uci-defaults",
    "proc",
    "tmp",
    "usr/bin",
    "usr/lib/opkg/info",
    "var/run",
];

/// One test's router; its folder is made anew each time.
pub struct Router {
    root: PathBuf,
}

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder of the test's own, below `target/`.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openwrt").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Router {
    /// busybox and the stand-ins, nothing of the package.
    pub fn bare(name: &str) -> Self {
        let router = Self { root: scratch(name) };
        for folder in FOLDERS {
            fs::create_dir_all(router.path(folder)).unwrap();
        }
        let stand_ins = project().join("tests/openwrt/rootfs/.");
        place(&["cp", "-r"], &stand_ins, &router.root);
        for shared in ["lib/functions.sh", "lib/functions/uci.awk"] {
            let source = project().join("openwrt/router/stand-in").join(shared);
            place(&["cp"], &source, &router.path(shared));
        }
        place(&["cp"], &busybox(), &router.path("bin/busybox"));
        symlink("busybox", router.path("bin/sh")).unwrap();
        // A plain file: making a device takes more rights, and only writes to it matter here.
        router.write("dev/null", "");
        router.write("tmp/log", "");
        let links = router.sh("/bin/busybox --install -s /bin");
        assert!(links.status.success(), "busybox-static is needed: {links:?}");
        router
    }

    /// The package's scripts are in place and the service is enabled.
    pub fn with_scripts(name: &str) -> Self {
        let router = Self::bare(name);
        for (mode, source, target) in manifest() {
            let mode = format!("{mode:o}");
            let source = project().join("openwrt/dynhost/files").join(source);
            place(&["install", "-D", "-m", &mode], &source, &router.path(&target));
        }
        symlink("../init.d/dynhost", router.path("etc/rc.d/S95dynhost")).unwrap();
        router
    }

    /// The same with the real program, and the libraries that it is linked to here.
    pub fn with_agent(name: &str) -> Self {
        let router = Self::with_scripts(name);
        let program = Path::new(env!("CARGO_BIN_EXE_dynhost"));
        place(&["cp"], program, &router.path("usr/bin/dynhost"));
        let libraries = stdout(&Command::new("ldd").arg(program).output().unwrap());
        for library in libraries.split_whitespace().filter(|word| word.starts_with('/')) {
            place(&["install", "-D"], Path::new(library), &router.path(library));
        }
        router
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside.trim_start_matches('/'))
    }

    pub fn write(&self, inside: &str, text: &str) {
        fs::write(self.path(inside), text).unwrap();
    }

    pub fn program(&self, inside: &str, text: &str) {
        program(&self.path(inside), text);
    }

    pub fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap()
    }

    pub fn has(&self, inside: &str) -> bool {
        self.path(inside).symlink_metadata().is_ok()
    }

    pub fn mode(&self, inside: &str) -> u32 {
        self.path(inside).metadata().unwrap().mode() & 0o7777
    }

    /// Runs a line of busybox ash inside, until everything it started has ended.
    pub fn sh(&self, line: &str) -> Output {
        self.enter(&[]).args(["/bin/sh", "-c", line]).output().unwrap()
    }

    /// As [`Router::sh`], with a process namespace and `/proc` of its own.
    pub fn sh_alone(&self, line: &str) -> Output {
        let proc = format!("--mount-proc={}", self.path("proc").display());
        let mut command = self.enter(&["--fork", "--pid", &proc]);
        command.args(["/bin/sh", "-c", line]).output().unwrap()
    }

    /// What the stand-ins were asked since the last call.
    pub fn asked(&self) -> Vec<String> {
        let lines = self.read("tmp/log").lines().map(str::to_owned).collect();
        self.write("tmp/log", "");
        lines
    }

    fn enter(&self, namespaces: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.args(namespaces);
        if tester() != 0 {
            command.arg("--map-root-user");
        }
        command.arg("chroot").arg(&self.root);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        command
    }
}

/// Mode, source below `openwrt/dynhost/files`, target, as the packages have them.
pub fn manifest() -> Vec<(u32, String, String)> {
    let text = fs::read_to_string(project().join("openwrt/packages/manifest")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let mode = u32::from_str_radix(words[0], 8).unwrap();
            (mode, words[1].to_owned(), words[2].to_owned())
        })
        .collect()
}

/// Writes a script that can be run, as [`place`] does and for its reason.
pub fn program(file: &Path, text: &str) {
    let write = r#"printf %s "$2" > "$1" && chmod 755 "$1""#;
    let run = Command::new("sh").args(["-c", write, "sh"]).arg(file).arg(text).output().unwrap();
    assert_eq!(stdout(&run), "");
}

/// The standard output as text, after a run that must have succeeded.
pub fn stdout(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn busybox() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("busybox"));
    found
        .into_iter()
        .find(|file| file.exists())
        .expect("busybox is missing, run: make openwrt-tools")
}

/// Who runs the tests: what they make belongs to them.
fn tester() -> u32 {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("openwrt").metadata().unwrap().uid()
}

/// Copies by a program of its own: were the file open for writing here, another test's fork could
/// hold it open while this test runs it ("text file busy").
fn place(command: &[&str], from: &Path, to: &Path) {
    let run = Command::new(command[0]).args(&command[1..]).arg(from).arg(to).output().unwrap();
    assert_eq!(stdout(&run), "");
}
