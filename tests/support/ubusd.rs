//! ubusd with a netifd behind it, played from the recordings of tests/ubus.

use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::netifd::Interface;
use super::netns;
use super::ubus::{HEAD, Question, asked_in, done, not_found, numbered, question};

/// Where clients look for it.
const FOLDER: &str = "/var/run/ubus";

/// A running ubusd; it knows one interface, and ends with the process.
pub struct Ubusd {
    is_up: Arc<AtomicBool>,
    asked_for: Arc<Mutex<Vec<String>>>,
    address: Arc<Mutex<String>>,
    wound_up: Arc<Mutex<Vec<(Instant, String)>>>,
}

/// The address of `wan` in the recording.
const RECORDED: &str = "81.2.69.10";

impl Ubusd {
    /// Listens where the calling thread's processes look, and nobody else sees it.
    ///
    /// The interface is `wan`; if it is up, its device is `eth0`.
    pub fn start(is_up: bool) -> Self {
        Self::hide();
        Self::listen(is_up)
    }

    /// One that takes every connection and never says a word.
    pub fn silent() -> Self {
        Self::hide();
        let listener = socket();
        std::thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
        Self {
            is_up: Arc::default(),
            asked_for: Arc::default(),
            address: Arc::default(),
            wound_up: Arc::default(),
        }
    }

    /// The same, up, with this name server of its line.
    pub fn start_with_dns(server: Ipv4Addr) -> Self {
        Self::hide();
        let mut tapes = Tapes::new();
        tapes.up = with_dns(tapes.up, &server.to_string());
        Self::serve(true, tapes)
    }

    /// Whatever ubus the machine has, the calling thread and its processes see none.
    pub fn hide() {
        netns::mount_tmpfs(Path::new("/var/run"), "size=64k");
    }

    /// Starts it where there was none.
    pub fn listen(is_up: bool) -> Self {
        Self::serve(is_up, Tapes::new())
    }

    fn serve(is_up: bool, tapes: Tapes) -> Self {
        let listener = socket();
        let ubusd = Self {
            is_up: Arc::new(AtomicBool::new(is_up)),
            asked_for: Arc::default(),
            address: Arc::new(Mutex::new(RECORDED.to_owned())),
            wound_up: Arc::default(),
        };
        let (is_up, asked_for) = (Arc::clone(&ubusd.is_up), Arc::clone(&ubusd.asked_for));
        let (address, wound_up) = (Arc::clone(&ubusd.address), Arc::clone(&ubusd.wound_up));
        std::thread::spawn(move || {
            let mut tapes = tapes;
            let recorded = tapes.up.clone();
            for stream in listener.incoming().flatten() {
                let address = address.lock().unwrap_or_else(PoisonError::into_inner).clone();
                tapes.up = replaced(&recorded, RECORDED.as_bytes(), address.as_bytes());
                // A client that hangs up has what it wanted.
                let _ = tapes.serve(stream, |question| match question {
                    Question::Watchdog(instance) => {
                        let mut wound_up = wound_up.lock().unwrap_or_else(PoisonError::into_inner);
                        wound_up.push((Instant::now(), instance.clone()));
                        true
                    }
                    Question::LookUp => true,
                    Question::Status(name) => {
                        let mut names = asked_for.lock().unwrap_or_else(PoisonError::into_inner);
                        names.push(name.clone());
                        is_up.load(Ordering::SeqCst)
                    }
                });
            }
        });
        ubusd
    }

    /// Plays this recording where the calling thread's processes look, whatever the order of their
    /// questions; interfaces that it does not name are asked for in vain.
    pub fn play(recording: &str) {
        Self::hide();
        let (listener, tape) = (socket(), tape(recording));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up has what it wanted.
                let _ = replay(&tape, stream);
            }
        });
    }

    /// netifd calls the interface up, or down; the kernel hears nothing of it.
    pub fn set_up(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::SeqCst);
    }

    /// The address that netifd has given `wan`, of as many characters as the recorded one.
    pub fn set_address(&self, address: &str) {
        assert_eq!(address.len(), RECORDED.len());
        address.clone_into(&mut self.address.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// When procd's watchdog was wound up, and of which service and instance.
    pub fn wound_up(&self) -> Vec<(Instant, String)> {
        self.wound_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names of the interfaces whose status was asked for, in order.
    pub fn asked_for(&self) -> Vec<String> {
        self.asked_for.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A ubusd that knows what a test imagines, and can be restarted.
pub struct Imagined {
    interfaces: Arc<Mutex<Vec<Interface<'static>>>>,
    listener: UnixListener,
}

impl Imagined {
    /// Listens where the calling thread's processes look, and nobody else sees it.
    pub fn start(interfaces: Vec<Interface<'static>>) -> Self {
        Ubusd::hide();
        let interfaces = Arc::new(Mutex::new(interfaces));
        let listener = Self::serve(&interfaces);
        Self { interfaces, listener }
    }

    /// netifd's view of things changes; the kernel hears nothing of it.
    pub fn become_of(&self, interfaces: Vec<Interface<'static>>) {
        *self.interfaces.lock().unwrap_or_else(PoisonError::into_inner) = interfaces;
    }

    /// Ends, with its connections, and begins anew with another socket of the same name.
    pub fn restart(&mut self) {
        rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both).expect("it listens");
        std::fs::remove_file(Path::new(FOLDER).join("ubus.sock")).expect("there is its socket");
        self.listener = Self::serve(&self.interfaces);
    }

    fn serve(interfaces: &Arc<Mutex<Vec<Interface<'static>>>>) -> UnixListener {
        let (listener, interfaces) = (socket(), Arc::clone(interfaces));
        let own = listener.try_clone().expect("descriptors are left");
        std::thread::spawn(move || {
            let tapes = Tapes::new();
            while let Ok((stream, _)) = own.accept() {
                let interfaces = interfaces.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A client that hangs up has what it wanted.
                let _ = tapes.imagine(stream, &interfaces);
            }
        });
        listener
    }
}

fn socket() -> UnixListener {
    std::fs::create_dir_all(FOLDER).expect("the mount is empty");
    UnixListener::bind(Path::new(FOLDER).join("ubus.sock"))
        .unwrap_or_else(|error| panic!("cannot listen in {FOLDER}: {error}"))
}

/// What the real ones said.
struct Tapes {
    hello: Vec<u8>,
    found: Vec<u8>,
    up: Vec<u8>,
    down: Vec<u8>,
}

impl Tapes {
    fn new() -> Self {
        let up = answers("wan-by-the-ubus-command");
        let down = answers("down");
        let [hello, found, up] = <[Vec<u8>; 3]>::try_from(up).expect("two questions");
        Self { hello, found, up, down: down[2].clone() }
    }

    /// Answers one client until it hangs up; `is_up` is told what is asked.
    fn serve(&self, mut stream: UnixStream, is_up: impl Fn(&Question) -> bool) -> io::Result<()> {
        stream.write_all(&self.hello)?;
        loop {
            let (number, question) = question(&mut stream)?;
            let is_up = is_up(&question);
            let answer = match question {
                Question::LookUp => self.found.clone(),
                Question::Watchdog(_) => done(),
                Question::Status(name) if name != "wan" => not_found(),
                Question::Status(_) if is_up => self.up.clone(),
                Question::Status(_) => self.down.clone(),
            };
            stream.write_all(&numbered(answer, number))?;
        }
    }
}

impl Tapes {
    fn imagine(&self, mut stream: UnixStream, interfaces: &[Interface<'_>]) -> io::Result<()> {
        stream.write_all(&self.hello)?;
        loop {
            let (number, question) = question(&mut stream)?;
            let known = |name: &str| interfaces.iter().find(|interface| interface.name == name);
            let answer = match &question {
                Question::LookUp => self.found.clone(),
                Question::Watchdog(_) => done(),
                Question::Status(name) => known(name).map_or(not_found(), Interface::answer),
            };
            stream.write_all(&numbered(answer, number))?;
        }
    }
}

/// The greeting, and what was answered to each question.
type Tape = (Vec<u8>, Vec<(Question, Vec<u8>)>);

fn tape(recording: &str) -> Tape {
    let mut answers = answers(recording).into_iter();
    let hello = answers.next().expect("it began with a greeting");
    let names = recorded(recording).filter_map(|(from_client, bytes)| {
        from_client.then(|| asked_in(bytes.get(HEAD..).unwrap_or_default()))
    });
    (hello, names.zip(answers).collect())
}

fn replay((hello, answers): &Tape, mut stream: UnixStream) -> io::Result<()> {
    stream.write_all(hello)?;
    loop {
        let (number, question) = question(&mut stream)?;
        let known = answers.iter().find(|(known, _)| *known == question);
        let (_, answer) = known.ok_or(io::ErrorKind::InvalidData)?;
        stream.write_all(&numbered(answer.clone(), number))?;
    }
}

/// The same answer with a name server in its list, which was empty.
fn with_dns(mut answer: Vec<u8>, server: &str) -> Vec<u8> {
    const EMPTY: &[u8] = b"\x81\x00\x00\x14\x00\x0adns-server\x00\x00\x00\x00";
    const DATA: u8 = 7;
    let list = answer.windows(EMPTY.len()).position(|window| window == EMPTY).expect("a list");
    let mut data = HEAD;
    while answer[data] & 0x7f != DATA {
        data += usize::from(answer[data + 3]).next_multiple_of(4);
    }
    let length = 8 + server.len() + 1;
    let mut element = vec![0x83, 0, 0, u8::try_from(length).expect("an address is short")];
    element.extend([&[0; 4], server.as_bytes()].concat());
    element.resize(length.next_multiple_of(4), 0);
    let added = u32::try_from(element.len()).expect("an address is short");
    answer.splice(list + EMPTY.len()..list + EMPTY.len(), element);
    for header in [HEAD - 4, data, list] {
        let word = answer[header..header + 4].try_into().expect("four bytes");
        let longer = u32::from_be_bytes(word) + added;
        answer[header..header + 4].copy_from_slice(&longer.to_be_bytes());
    }
    answer
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.expect("the recording names the address");
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

/// What ubusd said before the first question, and after each.
fn answers(recording: &str) -> Vec<Vec<u8>> {
    let mut answers = vec![Vec::new()];
    for (from_client, bytes) in recorded(recording) {
        if from_client {
            answers.push(Vec::new());
        } else {
            answers.last_mut().expect("it began with one").extend(bytes);
        }
    }
    answers
}

/// Each message, and whether it is the client's.
fn recorded(recording: &str) -> impl Iterator<Item = (bool, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ubus");
    let path = folder.join(format!("{recording}.rec"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let messages = text.lines().filter_map(|line| match line.split_once(' ') {
        Some((">", bytes)) => Some((true, unhex(bytes))),
        Some(("<", bytes)) => Some((false, unhex(bytes))),
        _ => None,
    });
    messages.collect::<Vec<_>>().into_iter()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}
