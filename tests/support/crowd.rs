//! Many hosts at several providers, each of which is out of order in a way of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

use super::lab::Lab;
use super::lab::dns::DnsMode;
use super::lab::fault::Fault;
use super::lab::options::{Identifier, LabOptions};
use super::netns;
use super::stage::{BEFORE, host};

/// Where a call to a provider hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its name is asked for, and nobody answers.
    Resolving,
    /// The connection is asked for, and every packet is dropped.
    Connecting,
    /// The connection is there, and TLS never begins.
    Securing,
    /// The request was read, and the reply never comes.
    Waiting,
}

/// A provider and what keeps it hanging.
pub struct Hung {
    /// What it is called in the configuration.
    pub name: String,
    section: String,
    // Kept for what their ends would set free.
    _lab: Option<Lab>,
    _deaf: Option<Deaf>,
}

impl Hung {
    /// A provider that hangs in this phase; it knows every name of `example.com`.
    pub fn new(phase: Phase) -> Self {
        let name = format!("{phase:?}").to_lowercase();
        let (section, lab, deaf) = match phase {
            Phase::Connecting => {
                let (lab, deaf) = (Lab::start(everybody(&[])), Deaf::listen());
                let section = lab.provider_section_at(&name, "127.0.0.1");
                let right = lab.https_address().to_string();
                (section.replace(&right, &deaf.address.to_string()), Some(lab), Some(deaf))
            }
            Phase::Resolving => {
                let dns = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
                let lab = Lab::start(LabOptions { dns, ..everybody(&[]) });
                netns::resolve_by(Ipv4Addr::LOCALHOST);
                lab.set_dns(DnsMode::Silent);
                (lab.provider_section_at(&name, "provider.lab"), Some(lab), None)
            }
            Phase::Securing | Phase::Waiting => {
                let lab = Lab::start(everybody(&[]));
                let is_waiting = phase == Phase::Waiting;
                lab.fault(if is_waiting { Fault::Hang } else { Fault::HangAccept });
                (lab.provider_section_at(&name, "127.0.0.1"), Some(lab), None)
            }
        };
        Self { name, section, _lab: lab, _deaf: deaf }
    }

    /// Its section and `count` hosts of it.
    pub fn hosts(&self, count: usize) -> String {
        self.section.clone() + &hosts(&self.name, &self.name, count)
    }
}

/// So many hosts `PREFIX0`, `PREFIX1`, ... of one account at a provider.
pub fn hosts(prefix: &str, provider: &str, count: usize) -> String {
    let options = [("provider", provider), ("username", "example.com-all")];
    (0..count).map(|number| host(&format!("{prefix}{number}"), &options)).collect()
}

/// A lab with one account for all these hosts.
pub fn everybody(names: &[String]) -> LabOptions {
    let record = |name: &String| (format!("{name}.example.com"), BEFORE.parse().unwrap());
    LabOptions {
        identifiers: vec![Identifier::new("example.com-all", "secret", "*")],
        records: names.iter().map(record).collect(),
        ..LabOptions::default()
    }
}

/// The names that `hosts` gives.
pub fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number}")).collect()
}

/// A listener whose queue is full and never emptied: the kernel drops what else wants to connect.
struct Deaf {
    address: SocketAddr,
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl Deaf {
    fn listen() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).expect("there is a free port");
        socket.listen(0).expect("it can listen");
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().expect("it listens");
        let (mut queued, patience) = (Vec::new(), std::time::Duration::from_millis(200));
        // A queue of length 0 has room for one.
        while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
            queued.push(stream);
            assert!(queued.len() < 10, "the queue is never full");
        }
        Self { address, _listener: listener, _queued: queued }
    }
}
