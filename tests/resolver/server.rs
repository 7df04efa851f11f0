//! A name server that says what a test has it say, right or wrong, over UDP and TCP.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::spawn;

pub const A: u16 = 1;
pub const NS: u16 = 2;
pub const CNAME: u16 = 5;
pub const AAAA: u16 = 28;

/// Flags of an answer by a server that holds the zone and looks nothing up.
pub const AUTHORITATIVE: u16 = 0x8400;
/// Flags of a good answer: an answer, recursion desired and available.
pub const GOOD: u16 = 0x8180;
pub const TRUNCATED: u16 = GOOD | 0x0200;
pub const SERVFAIL: u16 = GOOD | 2;
pub const NXDOMAIN: u16 = GOOD | 3;
pub const REFUSED: u16 = GOOD | 5;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub id: u16,
    pub name: String,
    pub kind: u16,
    /// It is to look elsewhere if it must.
    pub recursion: bool,
    pub over_tcp: bool,
    pub from: SocketAddr,
}

/// Turns a question into what is sent back: datagrams, or messages of one connection.
pub type Script = Box<dyn Fn(&Asked) -> Vec<Vec<u8>> + Send + Sync>;

/// A running server; it ends with the process.
pub struct Server {
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serves port 53 of `address` in the calling thread's namespace.
    pub fn start(
        address: impl Into<IpAddr>,
        script: impl Fn(&Asked) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let address = SocketAddr::from((address.into(), 53));
        let udp = UdpSocket::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let tcp = TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let script: Arc<Script> = Arc::new(Box::new(script));
        let (log, says) = (Arc::clone(&asked), Arc::clone(&script));
        spawn(move || {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = udp.recv_from(&mut bytes) {
                for answer in noted(&log, read(&bytes[..length], from, false), &says) {
                    // A client that has what it wanted is gone.
                    let _ = udp.send_to(&answer, from);
                }
            }
        });
        let log = Arc::clone(&asked);
        spawn(move || {
            for stream in tcp.incoming().flatten() {
                let _ = talk(stream, &log, &script);
            }
        });
        Self { asked }
    }

    /// Every question so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn noted(log: &Mutex<Vec<Asked>>, asked: Asked, script: &Script) -> Vec<Vec<u8>> {
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    script(&asked)
}

fn talk(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, script: &Script) -> std::io::Result<()> {
    let from = stream.peer_addr()?;
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut bytes = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut bytes)?;
        for answer in noted(log, read(&bytes, from, true), script) {
            let length = u16::try_from(answer.len()).expect("it fits a message");
            stream.write_all(&length.to_be_bytes())?;
            stream.write_all(&answer)?;
        }
    }
}

/// Panics if this is no question: the agent's must be well-formed.
fn read(bytes: &[u8], from: SocketAddr, over_tcp: bool) -> Asked {
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    // One question, and nothing else (EDNS may be the else), with no flag but that of recursion.
    assert_eq!((word(2) & !0x0100, word(4), word(6), word(8)), (0, 1, 0, 0), "{bytes:?}");
    let recursion = word(2) != 0;
    let (mut at, mut labels) = (12, Vec::new());
    while bytes[at] != 0 {
        let label = &bytes[at + 1..][..bytes[at].into()];
        labels.push(String::from_utf8(label.to_vec()).expect("a host's name is ASCII"));
        at += 1 + label.len();
    }
    assert_eq!(word(at + 3), 1, "the class is IN");
    Asked { id: word(0), name: labels.join("."), kind: word(at + 1), recursion, over_tcp, from }
}

/// An answer with these flags and records to what was asked.
pub fn answer(asked: &Asked, flags: u16, records: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(records.len()).expect("records are counted in 16 bits");
    let head = [asked.id, flags, 1, count, 0, 0];
    let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend(name(&asked.name));
    bytes.extend([asked.kind, 1].iter().flat_map(|word| word.to_be_bytes()));
    bytes.extend(records.concat());
    bytes
}

/// The address of `owner`, as a record.
pub fn address(owner: &str, address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => record(owner, A, &address.octets()),
        IpAddr::V6(address) => record(owner, AAAA, &address.octets()),
    }
}

/// `owner` is another name of `target`.
pub fn alias(owner: &str, target: &str) -> Vec<u8> {
    record(owner, CNAME, &name(target))
}

/// `owner` is a zone that `server` holds.
pub fn name_server(owner: &str, server: &str) -> Vec<u8> {
    record(owner, NS, &name(server))
}

fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = name(owner);
    bytes.extend([kind, 1, 0, 60].iter().flat_map(|word| word.to_be_bytes()));
    bytes.extend(u16::try_from(data.len()).expect("data is short").to_be_bytes());
    bytes.extend(data);
    bytes
}

fn name(text: &str) -> Vec<u8> {
    let label = |label: &str| {
        let length = u8::try_from(label.len()).expect("a label is short");
        [&[length], label.as_bytes()].concat()
    };
    let mut bytes: Vec<u8> = text.split('.').flat_map(label).collect();
    bytes.push(0);
    bytes
}
