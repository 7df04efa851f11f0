//! A network of one's own for the calling thread and the processes it starts.

use std::cell::RefCell;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::temp::TempDir;

/// Moves the calling thread into a fresh network namespace that has `lo` up and nothing else.
///
/// Panics with what is missing if that cannot be: such a test must not pass unseen.
pub fn enter() {
    unshare(CloneFlags::CLONE_NEWNET).unwrap_or_else(|error| {
        panic!("this test needs a network namespace ({error}): run it as root or in `unshare -r`")
    });
    ip(&["link", "set", "lo", "up"]);
}

/// A number by which `ip link set DEVICE netns` of another thread finds this one's namespace.
pub fn id() -> String {
    let path = std::fs::read_link("/proc/thread-self").expect("/proc is mounted");
    let id = path.file_name().expect("it ends in the thread's number");
    id.to_string_lossy().into_owned()
}

/// Runs iproute2 in the calling thread's namespace and returns what it printed.
pub fn ip(arguments: &[&str]) -> String {
    let output = Command::new("ip").args(arguments).output().unwrap_or_else(|error| {
        panic!("this test needs the program `ip`, of the package iproute2: {error}")
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {stderr}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Gives the namespace a line: `wan0` with this address and the default route through it.
///
/// `address` has its prefix length, as in `81.2.69.10/24`. The other end, `isp0`, lies in the
/// same namespace without an address: packets leave and nobody answers.
pub fn add_wan(address: &str) {
    ip(&["link", "add", "wan0", "type", "veth", "peer", "name", "isp0"]);
    for device in ["isp0", "wan0"] {
        // A link-local address would stay tentative for a second and change what is seen.
        ip(&["link", "set", device, "addrgenmode", "none"]);
        ip(&["link", "set", device, "up"]);
    }
    add_address(address);
    if address.contains(':') {
        ip(&["-6", "route", "add", "default", "dev", "wan0"]);
    } else {
        ip(&["route", "add", "default", "dev", "wan0"]);
    }
}

/// Adds an address to `wan0`; one of IPv6 is usable at once, without duplicate detection.
pub fn add_address(address: &str) {
    if address.contains(':') {
        ip(&["addr", "add", address, "dev", "wan0", "nodad"]);
    } else {
        ip(&["addr", "add", address, "dev", "wan0"]);
    }
}

/// Takes an address from `wan0`; with the last one of IPv4 the default route goes, too.
pub fn remove_address(address: &str) {
    ip(&["addr", "del", address, "dev", "wan0"]);
}

/// Gives the line another IPv4 address in the same /24, and the default route with it.
pub fn move_wan(from: &str, to: &str) {
    remove_address(&format!("{from}/24"));
    add_address(&format!("{to}/24"));
    ip(&["route", "replace", "default", "dev", "wan0"]);
}

/// Runs these commands of iproute2, a line each, in one process; panics if one fails.
pub fn ip_batch(commands: &str) {
    let mut child =
        Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap_or_else(
            |error| panic!("this test needs `ip`, of the package iproute2: {error}"),
        );
    let mut stdin = child.stdin.take().expect("it was asked for as a pipe");
    stdin.write_all(commands.as_bytes()).expect("ip reads its commands");
    drop(stdin);
    let status = child.wait().expect("ip was not waited for before");
    assert!(status.success(), "ip -batch ended with {status}");
}

/// Makes `directory` and mounts a fresh file system there that the calling thread alone sees.
///
/// `options` are those of tmpfs, such as `size=4k`.
///
/// Of mode 0755, as a directory that everybody may write is no state directory.
pub fn mount_tmpfs(directory: &Path, options: &str) {
    let options = &*format!("mode=0755,{options}");
    own_mounts();
    std::fs::create_dir_all(directory).expect("a temporary directory can be written");
    mount(Some("tmpfs"), directory, Some("tmpfs"), MsFlags::empty(), Some(options))
        .unwrap_or_else(|error| panic!("cannot mount on {}: {error}", directory.display()));
}

/// Changes the options of what `mount_tmpfs` mounted; `ro` and `rw` do what they say.
pub fn remount(directory: &Path, options: &str) {
    let (flags, data) = match options {
        "ro" => (MsFlags::MS_RDONLY, None),
        "rw" => (MsFlags::empty(), None),
        other => (MsFlags::empty(), Some(other)),
    };
    mount(None::<&str>, directory, None::<&str>, flags | MsFlags::MS_REMOUNT, data)
        .unwrap_or_else(|error| panic!("cannot remount {}: {error}", directory.display()));
}

/// Makes this name server, at port 53, the only one for the calling thread and its processes.
pub fn resolve_by(server: Ipv4Addr) {
    cover("/etc/resolv.conf", &format!("nameserver {server}\noptions timeout:1 attempts:1\n"));
}

/// Has the calling thread and its processes find this text at `path`, where there is a file.
///
/// Bind-mounts a file of its own, in a mount namespace that only this thread has.
pub fn cover(path: &'static str, text: &str) {
    thread_local!(static COVERED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) });
    if COVERED.with_borrow(|covered| covered.contains(&path)) {
        return std::fs::write(path, text).expect("the file that covers it can be written");
    }
    own_mounts();
    let directory = TempDir::new();
    let file = directory.path().join("covers");
    std::fs::write(&file, text).expect("a temporary directory can be written");
    let none = None::<&str>;
    // The mount keeps the file alive after its directory has gone.
    mount(Some(&file), path, none, MsFlags::MS_BIND, none)
        .unwrap_or_else(|error| panic!("cannot mount over {path}: {error}"));
    COVERED.with_borrow_mut(|covered| covered.push(path));
}

/// Moves the calling thread into a mount namespace whose changes nobody else sees.
fn own_mounts() {
    let none = None::<&str>;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(none, "/", none, private, none))
        .unwrap_or_else(|error| {
            panic!("this test needs a mount namespace ({error}): run it as root or in `unshare -r`")
        });
}
