//! A member of the group that may ask, and does nothing else: names are kept current meanwhile.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::keeper::{MEMBER, Package, ROOT, SERVICE, as_member};
use crate::resident::lab_with;
use crate::support::agent::{Agent, Running};
use crate::support::background::{cpu_time, wait_for_published};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host};
use crate::support::stranger;

/// What the kernel gives a service that asks for no other.
const DESCRIPTORS: &str = "ulimit -n 1024; exec \"$@\"";
/// More than that, of all floods together.
const OPEN_MAX: usize = 1500;
const THREADS: usize = 3;
const PROMPT: Duration = Duration::from_secs(2);
const FLOOD: Duration = Duration::from_secs(4);
/// A provider that is not heard of before the flood is over.
const HUNG: Duration = Duration::from_secs(8);

/// What a connection is used for.
type Said = fn(usize) -> Vec<u8>;

/// The service, and its one name that works beside one whose provider hangs.
struct Flooded {
    package: Package,
    service: Running,
}

impl Flooded {
    fn new() -> Self {
        let package = Package::with(Stage::with(lab_with(&["cabin"])));
        package.0.configure_hosts(&[host("home", &[]), host("cabin", &[])]);
        package.give(SERVICE, 0o640);
        let mut command = package.0.agent.process_in_shell(DESCRIPTORS, &["run"]);
        command.uid(SERVICE).gid(SERVICE);
        let service = Running::start(command);
        for name in ["home", "cabin"] {
            wait_for_published(&package.0.agent, name, WAN);
        }
        Self { package, service }
    }

    /// Has cabin's provider hang, so that who asks about everything waits.
    fn hang(&self) -> Running {
        let sent = self.package.0.lab.requests().len();
        self.package.0.lab.fault_times(Fault::Delay(HUNG), 1);
        let asking = self.package.spawn(ROOT, &["update", "--force", "cabin"]);
        assert!(self.package.0.lab.wait_for_requests(sent + 1, PROMPT));
        asking
    }

    /// Changes the address again and again; the slowest publication, and the share of a processor
    /// that the service took.
    fn reconnect(&mut self) -> (Duration, f64) {
        let (began, before) = (Instant::now(), cpu_time(&self.service));
        let (mut slowest, mut wan, mut number) = (Duration::ZERO, WAN.to_owned(), 20);
        while began.elapsed() < FLOOD {
            let next = format!("81.2.69.{number}");
            netns::move_wan(&wan, &next);
            let moved = Instant::now();
            wait_for_published(&self.package.0.agent, "home", &next);
            slowest = slowest.max(moved.elapsed());
            (wan, number) = (next, number + 1);
            thread::sleep(FLOOD / 4);
        }
        let used = cpu_time(&self.service).saturating_sub(before);
        (slowest, used.as_secs_f64() / began.elapsed().as_secs_f64())
    }
}

/// Connects as fast as it can and keeps as many connections as it may; `drip` adds a byte to each
/// now and then.
fn flood(socket: &Path, said: Said, drip: bool, is_over: &AtomicBool) -> usize {
    let mut open: Vec<UnixStream> = Vec::new();
    let mut number = 0;
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        if open.len() >= OPEN_MAX / THREADS {
            open.remove(0);
        }
        match connect(socket) {
            Some(mut stream) => {
                let _ = stream.write_all(&said(number));
                open.push(stream);
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
        if drip {
            let recent = open.iter_mut().rev().take(64);
            recent.for_each(|stream| drop(stream.write(b"d")));
        }
    }
    number
}

/// Without waiting where nobody is let in.
fn connect(socket: &Path) -> Option<UnixStream> {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    connect(&stream, &SocketAddrUnix::new(socket).unwrap()).ok()?;
    Some(stream.into())
}

/// The names are current and commands are heard during a flood of this kind, and after it.
fn withstands(kind: &str, said: Said, (drip, hangs): (bool, bool)) {
    if stranger::is_missing("there is no member of a group")
        || Agent::is_emulated("its time and its descriptors are the emulator's")
    {
        return;
    }
    let own = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: own.maximum, ..own }).unwrap();
    let mut flooded = Flooded::new();
    let asking = hangs.then(|| flooded.hang());
    let socket = door(&flooded.package);
    let is_over = AtomicBool::new(false);
    let (connections, slowest, share, owner) = thread::scope(|scope| {
        let one = || as_member(|| flood(&socket, said, drip, &is_over));
        let members: Vec<_> = (0..THREADS).map(|_| scope.spawn(one)).collect();
        let measured = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            thread::sleep(Duration::from_millis(300));
            let (slowest, share) = flooded.reconnect();
            let owner = flooded.package.spawn(ROOT, &["update", "home"]).wait_at_most(PROMPT);
            (slowest, share, owner)
        }));
        is_over.store(true, Ordering::SeqCst);
        let connections: usize = members.into_iter().map(|member| member.join().unwrap()).sum();
        let (slowest, share, owner) =
            measured.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (connections, slowest, share, owner)
    });
    println!("{kind}: {connections} connections, {slowest:?} to publish, {share:.2} of a CPU");
    let owner = owner.expect("the owner is heard during a flood");
    assert_eq!(owner.code(), 0, "{kind}: {owner:?}");
    let after = flooded.package.spawn(MEMBER, &["update", "home"]).wait(HUNG + PROMPT);
    assert_eq!(after.code(), 0, "{kind}: {after:?}");
    assert!(slowest < PROMPT, "{kind}: {slowest:?} until home was published");
    assert!(share < 0.35, "{kind}: {share:.2} of a processor");
    assert!(!flooded.service.has_ended());
    drop(asking);
}

/// Where a member of the group may knock.
fn door(package: &Package) -> std::path::PathBuf {
    let private = package.private();
    let of_group = private.join("poke.group");
    if of_group.exists() { of_group } else { private.join("poke") }
}

#[test]
fn a_member_that_connects_and_says_nothing_holds_up_nothing() {
    withstands("silent", |_| Vec::new(), (false, false));
}

#[test]
fn a_member_that_says_half_of_it_byte_by_byte_holds_up_nothing() {
    withstands("half", |_| b"dynhost 1\nhost h".to_vec(), (true, false));
}

#[test]
fn a_member_that_asks_again_and_again_holds_up_nothing() {
    withstands("asking", |_| b"dynhost 1\nend\n".to_vec(), (false, false));
}

#[test]
fn a_member_that_asks_for_something_else_each_time_holds_up_nothing() {
    let said: Said = |number| {
        let name = ["home", "cabin", "nobody"][number % 3];
        format!("dynhost 1\nhost {name}\nhost h{number}\nreread\nend\n").into_bytes()
    };
    withstands("distinct", said, (false, false));
}

#[test]
fn members_that_wait_for_a_provider_that_hangs_hold_up_nothing() {
    withstands("waiting", |_| b"dynhost 1\nend\n".to_vec(), (false, true));
}
