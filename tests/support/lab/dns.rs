//! The provider's name server: authoritative, over UDP and TCP, from the record table.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::runtime::{Time, TokioRuntimeProvider};
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{NS, SOA};
use hickory_server::proto::rr::{Name, RData, Record, RecordSet, RrKey};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, MessageResponseBuilder, ZoneType};
use tokio::sync::oneshot;

use super::options::zone_of;
use super::shared::{Shared, locked};

/// Seconds, as the provider serves every `DynHost` record.
pub const TTL: u32 = 60;

/// Ports tried until one is free for UDP and TCP.
const PORT_TRIES: u32 = 16;
const TCP_TIMEOUT: Duration = Duration::from_secs(5);
const TCP_BUFFERED_REPLIES: usize = 8;

/// How the name server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsMode {
    /// It answers from the record table.
    #[default]
    Answering,
    /// It reads questions and answers none.
    Silent,
    /// It answers every question with REFUSED.
    Refused,
}

/// A running name server; it ends when dropped.
pub struct Dns {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// Binds both sockets in the calling thread's namespace, then serves from its own thread.
    pub fn start(address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let (udp, tcp) = bind(address)?;
        let address = udp.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let thread = std::thread::spawn(move || {
            runtime
                .block_on(serve(udp, tcp, Answerer { shared }, stopped))
                .unwrap_or_else(|error| panic!("the lab's DNS cannot serve: {error}"));
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it serves, over UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 0;
    loop {
        let udp = UdpSocket::bind(address)?;
        match TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok((udp, tcp));
            }
            Err(error) if address.port() != 0 || tries == PORT_TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

async fn serve(
    udp: UdpSocket,
    tcp: TcpListener,
    answerer: Answerer,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let mut server = Server::new(answerer);
    server.register_socket(tokio::net::UdpSocket::from_std(udp)?);
    let tcp = tokio::net::TcpListener::from_std(tcp)?;
    server.register_listener(tcp, TCP_TIMEOUT, TCP_BUFFERED_REPLIES);
    // An error means that the sender is gone: the end as well.
    let _ = stopped.await;
    Ok(())
}

/// Builds the zones anew for each question: they are a few records, and never out of date.
struct Answerer {
    shared: Arc<Shared>,
}

#[async_trait::async_trait]
impl RequestHandler for Answerer {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let mode = *locked(&self.shared.dns_mode);
        match mode {
            DnsMode::Answering => {
                let catalog = catalog(&self.shared);
                catalog.handle_request::<R, T>(request, response_handle).await
            }
            DnsMode::Silent => unanswered(request),
            DnsMode::Refused => {
                let refusal = MessageResponseBuilder::from_message_request(request)
                    .error_msg(&request.metadata, ResponseCode::Refused);
                let sent = response_handle.send_response(refusal).await;
                sent.unwrap_or_else(|_| unanswered(request))
            }
        }
    }
}

/// What hickory wants to know about an answer that was not given.
fn unanswered(request: &Request) -> ResponseInfo {
    let metadata = Metadata::response_from_request(&request.metadata);
    Header { metadata, counts: HeaderCounts::default() }.into()
}

/// Every zone that a record lies in.
fn catalog(shared: &Shared) -> Catalog {
    let (records, serial) = {
        let table = locked(&shared.records);
        let records: Vec<_> = table.iter().map(|(name, ip)| (name.to_owned(), ip)).collect();
        (records, table.serial())
    };
    let records: Vec<_> = records.into_iter().chain(shared.own_name.clone()).collect();
    let zones: BTreeSet<&str> = records.iter().map(|(name, _)| zone_of(name)).collect();
    let mut catalog = Catalog::new();
    for zone in zones {
        let of_zone = records.iter().filter(|(name, _)| zone_of(name) == zone);
        let handler = zone_handler(zone, of_zone, serial);
        catalog.upsert(absolute(zone).into(), vec![Arc::new(handler)]);
    }
    catalog
}

fn zone_handler<'a>(
    zone: &str,
    records: impl Iterator<Item = &'a (String, IpAddr)>,
    serial: u32,
) -> InMemoryZoneHandler<TokioRuntimeProvider> {
    let origin = absolute(zone);
    let server = absolute(&format!("ns.{zone}"));
    let contact = absolute(&format!("hostmaster.{zone}"));
    let soa = SOA::new(server.clone(), contact, serial, 3600, 600, 86_400, TTL);
    let mut sets = BTreeMap::new();
    let mut add = |name: &Name, data: RData| {
        let record = Record::from_rdata(name.clone(), TTL, data);
        let key = RrKey::new(name.clone().into(), record.record_type());
        sets.insert(key, RecordSet::from(record));
    };
    add(&origin, RData::SOA(soa));
    add(&origin, RData::NS(NS(server)));
    for (hostname, address) in records {
        add(&absolute(hostname), RData::from(*address));
    }
    InMemoryZoneHandler::new(origin, sets, ZoneType::Primary, AxfrPolicy::Deny)
        .unwrap_or_else(|fault| panic!("the zone {zone} is not one: {fault}"))
}

/// A name as DNS has it; panics if `text` is none.
fn absolute(text: &str) -> Name {
    let mut name = Name::from_ascii(text)
        .unwrap_or_else(|error| panic!("{text} is not a name for DNS: {error}"));
    name.set_fqdn(true);
    name
}
