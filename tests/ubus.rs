//! Does the client of ubus ask what ubusd expects, and survive whatever it answers?
//!
//! The other side is played from `tests/ubus/*.rec`: one message a line, `>` from the client, `<`
//! from ubusd, recorded from the real ones. Those named `...-by-the-ubus-command` hold what
//! OpenWrt's own client sends, so our bytes are compared with its.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dynhost::address::Family;
use dynhost::io::ubus::{Client, Failure, TIME_LIMIT};
use dynhost::ubus::{Malformed, resolve};

const HELLO: &str = "00000000f84a141e00000004";
const LOOKUP_FOUND: [&str; 2] =
    ["00020001000000000000000c0300000886085279", "00010001000000000000000c0100000800000000"];
/// A limit that is to be seen kept.
const SHORT: Duration = Duration::from_millis(30);
/// What a slow machine may take on top of a limit.
const PATIENCE: Duration = Duration::from_secs(5);

/// A ubusd for one connection: plays its side and returns when the client hangs up.
struct Ubusd {
    folder: PathBuf,
    player: Option<JoinHandle<()>>,
}

impl Ubusd {
    fn start(play: impl FnOnce(&mut UnixStream) + Send + 'static) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dynhost-ubus-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("ubus.sock")).unwrap();
        let player = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            play(&mut stream);
        });
        Self { folder, player: Some(player) }
    }

    /// Plays a recording, ubusd's side in pieces of this size.
    fn playing(recording: &str, piece: usize) -> Self {
        let lines = recorded(recording);
        Self::start(move |stream| {
            for (from_client, bytes) in lines {
                if from_client {
                    let mut asked = vec![0; bytes.len()];
                    stream.read_exact(&mut asked).unwrap();
                    assert_eq!(asked, bytes);
                } else {
                    bytes.chunks(piece).for_each(|piece| stream.write_all(piece).unwrap());
                }
            }
            until_hung_up(stream);
        })
    }

    /// Says each of these once, then only listens.
    fn saying(messages: &[&str]) -> Self {
        let bytes = unhex(&messages.concat());
        Self::start(move |stream| {
            stream.write_all(&bytes).unwrap();
            until_hung_up(stream);
        })
    }

    fn client(&self, limit: Duration) -> Result<Client, Failure> {
        Client::connect(&self.folder.join("ubus.sock"), limit)
    }

    /// Ends when both sides have, and fails if the client asked something else than expected.
    fn finish(mut self) {
        self.player.take().unwrap().join().unwrap();
    }
}

impl Drop for Ubusd {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn until_hung_up(stream: &mut UnixStream) {
    let mut rest = [0; 256];
    while matches!(stream.read(&mut rest), Ok(1..)) {}
}

fn recorded(name: &str) -> Vec<(bool, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ubus");
    let text = fs::read_to_string(folder.join(format!("{name}.rec"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (from, bytes) = line.split_once(' ').unwrap();
            (from == ">", unhex(bytes))
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn the_status_of_wan_is_asked_for_as_the_ubus_command_does() {
    for piece in [1, 7, 4096] {
        let ubusd = Ubusd::playing("wan-by-the-ubus-command", piece);
        let mut client = ubusd.client(TIME_LIMIT).unwrap();
        let wan = client.interface("wan").unwrap().unwrap();
        assert!(wan.up && !wan.pending);
        assert_eq!(wan.l3_device.as_deref(), Some("eth0"));
        assert_eq!(wan.own, ["81.2.69.10".parse::<std::net::IpAddr>().unwrap()]);
        drop(client);
        ubusd.finish();
    }
}

#[test]
fn an_interface_that_netifd_does_not_have_is_none() {
    let ubusd = Ubusd::playing("unknown-by-the-ubus-command", 4096);
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    assert_eq!(client.interface("nosuch").unwrap(), None);
    assert_eq!(client.interface(&"x".repeat(41)).unwrap(), None);
    drop(client);
    ubusd.finish();
}

#[test]
fn a_prefix_only_line_leads_to_the_address_of_the_lan_bridge() {
    let ubusd = Ubusd::playing("prefix-only", 100);
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    let lines = resolve("wan", Family::Ipv6, &mut |name| client.interface(name)).unwrap();
    assert_eq!(lines.devices, ["pppoe-wan"]);
    let [assigned] = &lines.assigned[..] else { panic!("{:?}", lines.assigned) };
    assert_eq!(assigned.device, "br-lan");
    assert_eq!(assigned.address.to_string(), "2a01:cb00:1:200::1");
    let [delegated] = &lines.prefixes[..] else { panic!("{:?}", lines.prefixes) };
    assert_eq!(delegated.prefix.address.to_string(), "2a01:cb00:1:200::");
    assert_eq!((delegated.prefix.length, delegated.preferred_seconds), (56, u32::MAX));
    assert_eq!(delegated.downstream[0].interface, "lan");
    assert_eq!(delegated.downstream[0].subnet.length, 60);
    drop(client);
    ubusd.finish();
}

#[test]
fn an_interface_that_is_down_is_said_to_be() {
    let ubusd = Ubusd::playing("down", 4096);
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    let lines = resolve("backup", Family::Ipv4, &mut |name| client.interface(name));
    assert_eq!(lines.unwrap_err().to_string(), "interface backup is down");
    drop(client);
    ubusd.finish();
}

#[test]
fn the_names_of_all_interfaces_are_known() {
    let ubusd = Ubusd::playing("names", 4096);
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    let names = client.names().unwrap();
    assert_eq!(names, ["backup", "guest", "lan", "loopback", "wan", "wan6"]);
    drop(client);
    ubusd.finish();
}

#[test]
fn no_netifd_and_no_right_to_ask_it_are_told_apart() {
    let rows = [
        ("no-netifd", "netifd is not on ubus: it is not running"),
        ("denied", "ubus does not let this user ask netifd: run as root"),
    ];
    for (recording, expected) in rows {
        let ubusd = Ubusd::playing(recording, 4096);
        let mut client = ubusd.client(TIME_LIMIT).unwrap();
        assert_eq!(client.interface("wan").unwrap_err().to_string(), expected);
        drop(client);
        ubusd.finish();
    }
}

#[test]
fn statuses_have_their_meaning() {
    let rows = [
        // ubusd itself, which does not name netifd's object: netifd was restarted meanwhile.
        ("00010002860852790000000c0100000800000004", "netifd is not on ubus: it is not running"),
        (
            "00010002860852790000000c0100000800000006",
            "ubus does not let this user ask netifd: run as root",
        ),
        (
            "00010002860852790000001401000008000000090300000886085279",
            "ubus refused the question with status 9",
        ),
        ("000100028608527900000004", "ubus sent no usable `status` in netifd's answer"),
        // Well, but without data.
        ("00010002860852790000000c0100000800000000", "ubus sent no usable `up` in netifd's answer"),
    ];
    for (status, expected) in rows {
        let ubusd = Ubusd::saying(&[HELLO, LOOKUP_FOUND[0], LOOKUP_FOUND[1], status]);
        let mut client = ubusd.client(TIME_LIMIT).unwrap();
        assert_eq!(client.interface("wan").unwrap_err().to_string(), expected);
    }
}

#[test]
fn answers_to_other_questions_are_passed_over() {
    let stale = "00010000860852790000001401000008000000040300000886085279";
    let foreign = "00010002000000070000001401000008000000000300000800000007";
    let question = "000500020000000000000004";
    let answer = [
        "000200028608527900000020030000088608527907000014",
        "8700000d00027570000000000100000000010002860852790000000c0100000800000000",
    ];
    let spoken = [HELLO, stale, LOOKUP_FOUND[0], LOOKUP_FOUND[1], stale, foreign, question];
    let ubusd = Ubusd::saying(&[&spoken[..], &answer[..]].concat());
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    assert!(client.interface("wan").unwrap().unwrap().up);
}

#[test]
fn what_is_not_ubus_is_refused() {
    let oversize = "000000000000000000ffffff";
    let rows = [
        ("485454502f312e3120343030", Malformed::Version(b'H')),
        (oversize, Malformed::TooLarge(0x0100_0007)),
        ("000000000000000000000003", Malformed::Length),
        ("00000000000000000000000a010000080000", Malformed::Length),
    ];
    for (spoken, expected) in rows {
        let ubusd = Ubusd::saying(&[spoken]);
        match ubusd.client(TIME_LIMIT) {
            Err(Failure::Malformed(malformed)) => assert_eq!(malformed, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn waiting_ends_at_the_limit_whoever_is_silent() {
    let before_hello = Ubusd::saying(&[]);
    let asked = Instant::now();
    assert!(matches!(before_hello.client(SHORT), Err(Failure::Timeout)));
    assert!(asked.elapsed() >= SHORT && asked.elapsed() < PATIENCE);

    let within_a_message = Ubusd::saying(&[&HELLO[..10]]);
    assert!(matches!(within_a_message.client(SHORT), Err(Failure::Timeout)));

    let after_hello = Ubusd::saying(&[HELLO]);
    let limit = 5 * SHORT;
    let mut client = after_hello.client(limit).unwrap();
    assert!(matches!(client.interface("wan"), Err(Failure::Timeout)));
    let again = Instant::now();
    assert!(matches!(client.interface("wan"), Err(Failure::Timeout)));
    assert!(again.elapsed() < limit, "the limit counts for all questions together");
}

#[test]
fn a_flood_of_messages_ends_at_the_limit_too() {
    let hello = unhex(HELLO);
    let ubusd = Ubusd::start(move |stream| {
        let flood = hello.repeat(1000);
        while stream.write_all(&flood).is_ok() {}
    });
    let mut client = ubusd.client(SHORT).unwrap();
    let asked = Instant::now();
    assert!(matches!(client.interface("wan"), Err(Failure::Timeout)));
    assert!(asked.elapsed() < PATIENCE);
    drop(client);
    ubusd.finish();
}

#[test]
fn hanging_up_is_noticed_at_once() {
    let ubusd = Ubusd::start(|_| {});
    assert!(matches!(ubusd.client(TIME_LIMIT), Err(Failure::Closed)));
    let hello = unhex(HELLO);
    let ubusd = Ubusd::start(move |stream| stream.write_all(&hello).unwrap());
    let mut client = ubusd.client(TIME_LIMIT).unwrap();
    assert!(matches!(client.interface("wan"), Err(Failure::Closed)));
}

#[test]
fn without_ubus_the_failure_names_the_socket() {
    let path = Path::new("/nonexistent/ubus.sock");
    let failure = Client::connect(path, TIME_LIMIT).unwrap_err();
    assert!(matches!(&failure, Failure::NoUbus(_, error) if error.kind() == ErrorKind::NotFound));
    let expected =
        "nothing listens at /nonexistent/ubus.sock: No such file or directory (os error 2)";
    assert_eq!(failure.to_string(), expected);
}
