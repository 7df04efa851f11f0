//! On a terminal what is missing is asked for, and a password is not shown.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::*;

const SOON: Duration = Duration::from_secs(20);

/// A process at a terminal, and who sits there.
struct Seat {
    child: Child,
    /// The user's side.
    master: File,
    /// Held open, so that its modes can be looked at.
    slave: File,
    shown: String,
}

impl Seat {
    fn new(room: &Room, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = OpenOptions::new().read(true).write(true).open(name).unwrap();
        let end = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        let mut command = room.agent.process(arguments);
        let child = command.stdin(end()).stdout(end()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, master: File::from(master), slave, shown: String::new() }
    }

    /// Waits until this is on the screen.
    fn wait_for(&mut self, text: &str) {
        let begun = Instant::now();
        let mut bytes = [0; 1024];
        while !self.shown.contains(text) {
            assert!(begun.elapsed() < SOON, "no {text:?} on the screen: {}", self.shown);
            let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::from(50_u16)).unwrap() > 0 {
                let length = self.master.read(&mut bytes).unwrap();
                self.shown += &String::from_utf8_lossy(&bytes[..length]);
            }
        }
    }

    fn answer(&mut self, question: &str, text: &str) {
        self.wait_for(question);
        self.master.write_all(text.as_bytes()).unwrap();
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn zone_and_sub_domain_are_asked_for_with_what_there_is() {
    let room = Room::new();
    room.lab.set_record("nas.example.com", "81.2.69.9".parse().unwrap());
    let mut seat = Seat::new(&room, &["ovh", "setup"]);
    seat.answer("zone [example.com]: ", "\n");
    seat.answer("sub-domain (@ for example.com itself, there are nas): ", "home\n");
    seat.wait_for("home.example.com points at 81.2.69.10");
    assert_eq!(seat.code(), Some(0), "{}", seat.shown);
    room.assert_complete("asked for");
}

#[test]
fn a_line_moves_while_the_dns_is_waited_for() {
    let room = Room::new();
    room.lab.set_dns_at(1, DnsMode::Lagging);
    let mut seat = Seat::new(&room, &SETUP);
    seat.wait_for("\rwaiting for the DNS for 0 s: ns2.provider.lab has no record yet");
    seat.wait_for("\rwaiting for the DNS for 3 s");
    room.lab.set_dns_at(1, DnsMode::Answering);
    seat.wait_for("home.example.com points at 81.2.69.10");
    assert_eq!(seat.code(), Some(0), "{}", seat.shown);
}

#[test]
fn a_password_is_typed_twice_and_never_shown() {
    let room = Room::new();
    let arguments = ["ovh", "login", "add", "--subdomain", "home"];
    let mut seat = Seat::new(&room, &arguments);
    seat.answer("zone [example.com]: ", "example.com\n");
    seat.answer("new password: ", "a-pasx\x7fs#w0rd\r");
    seat.answer("the same again: ", "a-pass#w0rd\r");
    seat.wait_for("example.com-home\thome");
    assert_eq!(seat.code(), Some(0), "{}", seat.shown);
    assert_eq!(room.lab.identifiers()[0].password, "a-pass#w0rd");
    assert!(!seat.shown.contains("a-pas"), "{}", seat.shown);
    assert!(seat.echoes());
    for (first, second, code) in
        [("a-pass#w0rd\r", Some("an0ther-one\r"), 64), ("a-pas\x03", None, 74), ("\x04", None, 74)]
    {
        let mut seat = Seat::new(&room, &[&arguments, &["--zone", "example.com"][..]].concat());
        seat.answer("new password: ", first);
        if let Some(second) = second {
            seat.answer("the same again: ", second);
        }
        assert_eq!(seat.code(), Some(code), "{first:?}");
        assert!(seat.echoes(), "the terminal is left without echo");
    }
    assert_eq!(room.lab.identifiers().len(), 1);
}
