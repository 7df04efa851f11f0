//! A home: this machine behind a box, each in a network of its own.
//!
//! The box is a thread in another namespace that does what it is told there; what listens on it is
//! started by the test, be it a real program or a script. A rogue machine is a second address on
//! the box's end of the cable: to this machine it is another neighbour.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use socket2::{Domain, InterfaceIndexOrAddress, Socket, Type};

use super::agent::Agent;
use super::lab::Lab;
use super::lab::options::LabOptions;
use super::netns;
use super::stage::one_host;

/// The box.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 1);
/// A neighbour that wants to be the box.
pub const ROGUE: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 66);
/// This machine.
pub const HERE: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 2);
/// What the box has on its line.
pub const LINE: Ipv4Addr = Ipv4Addr::new(81, 2, 69, 10);
/// What somebody would like to be published.
pub const WRONG: Ipv4Addr = Ipv4Addr::new(198, 41, 0, 66);

type Job = Box<dyn FnOnce() + Send>;

/// This machine, and the way to its box.
pub struct Home {
    /// The provider, here.
    pub lab: Lab,
    /// The agent, here.
    pub agent: Agent,
    jobs: Sender<Job>,
}

impl Home {
    /// The calling thread is this machine from now on; the host `home` has these options.
    pub fn new(options: &[(&str, &str)]) -> Self {
        netns::enter();
        let (say, hear) = channel();
        let (jobs, work) = channel();
        std::thread::spawn(move || live(&say, &work));
        let gateway: String = hear.recv().expect("the box has a network");
        let peer = ["type", "veth", "peer", "name", "lan0", "netns", &gateway];
        netns::ip(&[&["link", "add", "eth0"][..], &peer].concat());
        netns::ip(&["link", "set", "eth0", "addrgenmode", "none", "up"]);
        netns::ip(&["addr", "add", &format!("{HERE}/24"), "dev", "eth0"]);
        let lab = Lab::start(LabOptions::default());
        let agent = Agent::new(&one_host(&lab, options));
        let home = Self { lab, agent, jobs };
        home.at_gateway(|| {
            netns::ip(&["link", "set", "lan0", "addrgenmode", "none", "up"]);
            for address in [GATEWAY, ROGUE] {
                netns::ip(&["addr", "add", &format!("{address}/24"), "dev", "lan0"]);
            }
        });
        netns::ip(&["route", "add", "default", "via", &GATEWAY.to_string(), "dev", "eth0"]);
        home
    }

    /// Configures the one host `home` anew.
    pub fn configure(&self, options: &[(&str, &str)]) {
        self.agent.configure(&one_host(&self.lab, options));
    }

    /// Does this in the box's network and waits for it; what it starts there stays there.
    pub fn at_gateway<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (say, hear) = channel();
        let job = move || {
            let _ = say.send(work());
        };
        self.jobs.send(Box::new(job)).expect("the box is there");
        hear.recv().expect("the box did what it was told")
    }

    /// Has the box answer on a UDP port, by a script that sees the question and who asked.
    pub fn answer(
        &self,
        port: u16,
        script: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
    ) {
        self.at_gateway(move || serve_udp(port, script));
    }

    /// Has the box serve HTTP on a port: the raw request in, the raw answer out.
    pub fn serve(&self, port: u16, script: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) {
        self.at_gateway(move || serve_http(GATEWAY, port, script));
    }

    /// The addresses that were sent to the provider.
    pub fn sent(&self) -> Vec<String> {
        self.lab.requests().iter().filter_map(super::lab::journal::Logged::myip).collect()
    }
}

fn live(say: &Sender<String>, jobs: &Receiver<Job>) {
    netns::enter();
    say.send(netns::id()).expect("the test waits for it");
    while let Ok(job) = jobs.recv() {
        job();
    }
}

/// A UDP socket of the calling thread's network, at this address of it.
pub fn socket_at(address: Ipv4Addr, port: u16) -> UdpSocket {
    UdpSocket::bind((address, port)).unwrap_or_else(|error| panic!("{address}:{port}: {error}"))
}

/// Sends to a multicast group out of `lan0`, from this address.
pub fn announce(from: Ipv4Addr, bytes: &[u8]) {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.bind(&SocketAddrV4::new(from, 0).into()).expect("an own address");
    socket.set_multicast_if_v4(&from).expect("an own device");
    let to = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 1), 5350);
    socket.send_to(bytes, &to.into()).expect("a way out");
}

/// Answers UDP in a thread of its own, which ends with the test's process.
fn serve_udp(port: u16, mut script: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static) {
    // At every address, and from the one that was asked for what comes to it.
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
    let everywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    socket.bind(&everywhere.into()).expect("a free port");
    if port == 1900 {
        let by = InterfaceIndexOrAddress::Address(GATEWAY);
        socket.join_multicast_v4_n(&Ipv4Addr::new(239, 255, 255, 250), &by).expect("a group");
    }
    let socket: UdpSocket = socket.into();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            script(&socket, &buffer[..length], from);
        }
    });
}

/// Serves HTTP in threads of its own, which end with the test's process.
pub fn serve_http(
    address: Ipv4Addr,
    port: u16,
    script: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind((address, port)).expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let _ = connection.set_read_timeout(Some(Duration::from_secs(5)));
            let request = request(&mut connection);
            let _ = connection.write_all(&script(&request));
        }
    });
    port
}

/// Head and body of a request, as they are.
fn request(connection: &mut impl std::io::Read) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    loop {
        let length = connection.read(&mut bytes).unwrap_or(0);
        text += &String::from_utf8_lossy(&bytes[..length]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return text;
            }
            continue;
        };
        let wanted = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        let wanted = wanted.map_or(0, |wanted| wanted.unwrap_or(0));
        if body.len() >= wanted || length == 0 {
            return text;
        }
    }
}

/// An answer with this status line and body.
pub fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

/// NAT-PMP's answer with this address.
pub fn natpmp(address: Ipv4Addr) -> Vec<u8> {
    [&[0, 128, 0, 0, 0, 0, 1, 0][..], &address.octets()].concat()
}

/// PCP's answer to a request for a mapping, with this address.
pub fn pcp(request: &[u8], address: Ipv4Addr) -> Vec<u8> {
    let mut answer = request.to_vec();
    answer[1] |= 0x80;
    answer[2..4].copy_from_slice(&[0, 0]);
    answer[44..60].copy_from_slice(&address.to_ipv6_mapped().octets());
    answer
}

/// SSDP's answer with this location.
pub fn ssdp(location: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\
         LOCATION: {location}\r\nEXT:\r\n\r\n"
    )
    .into()
}

/// A description with these services of `WANIPConnection:1`, by their control URLs.
pub fn description(head: &str, controls: &[&str]) -> String {
    let services: String = controls
        .iter()
        .map(|control| {
            format!(
                "<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1\
                 </serviceType><controlURL>{control}</controlURL></service>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><root>{head}<device><friendlyName>Livebox</friendlyName>\
         <serviceList>{services}</serviceList></device></root>"
    )
}

/// A SOAP answer with this element in it.
pub fn soap(element: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"x\"><s:Body><u:R xmlns:u=\"y\">\
         <{element}>{text}</{element}></u:R></s:Body></s:Envelope>"
    )
}
