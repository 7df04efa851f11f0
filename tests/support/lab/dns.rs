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
use hickory_server::proto::rr::rdata::{CNAME, NS, SOA};
use hickory_server::proto::rr::{Name, RData, Record, RecordSet, RrKey};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, MessageResponseBuilder, ZoneType};
use tokio::sync::oneshot;

use super::options::zone_of;
use super::records::{Plain, View};
use super::shared::{Shared, locked};

/// Seconds, as the provider serves every `DynHost` record.
pub const TTL: u32 = 60;
/// Seconds, of a record that names none.
const ZONE_TTL: u32 = 3600;
/// Who serves the zones that are not on the provider's servers; they are nowhere.
pub const ELSEWHERE: [&str; 2] = ["ns1.elsewhere.example", "ns2.elsewhere.example"];

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
    /// It answers from the record table after this time.
    Late(Duration),
    /// It answers every question with REFUSED.
    Refused,
    /// It answers from what the zones were when this began: a secondary that is not told.
    Lagging,
}

/// One name server of the provider.
#[derive(Clone, Debug)]
pub struct NameServer {
    name: String,
    address: IpAddr,
    mode: DnsMode,
    lag: Option<View>,
}

impl NameServer {
    /// As it stands in NS records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on it behaves like this; `view` is what the zones are at this moment.
    pub fn set(&mut self, mode: DnsMode, view: View) {
        self.mode = mode;
        self.lag = (mode == DnsMode::Lagging).then_some(view);
    }
}

/// A running name server; it ends when dropped.
pub struct Dns {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// Binds both sockets in the calling thread's namespace, then serves from its own thread.
    pub fn start(name: &str, address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let (udp, tcp) = bind(address)?;
        let address = udp.local_addr()?;
        let mut servers = locked(&shared.name_servers);
        let (name, index) = (name.to_owned(), servers.len());
        let mode = DnsMode::default();
        servers.push(NameServer { name, address: address.ip(), mode, lag: None });
        drop(servers);
        let (stop, stopped) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let thread = std::thread::spawn(move || {
            runtime
                .block_on(serve(udp, tcp, Answerer { shared, index }, stopped))
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
    index: usize,
}

#[async_trait::async_trait]
impl RequestHandler for Answerer {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let server = locked(&self.shared.name_servers)[self.index].clone();
        if let DnsMode::Late(time) = server.mode {
            tokio::time::sleep(time).await;
        }
        match server.mode {
            DnsMode::Answering | DnsMode::Lagging | DnsMode::Late(_) => {
                let catalog = catalog(&self.shared, server.lag);
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

/// Every zone of the account, and those that a record lies in.
fn catalog(shared: &Shared, lag: Option<View>) -> Catalog {
    let view = lag.unwrap_or_else(|| locked(&shared.records).view());
    let servers = locked(&shared.name_servers).clone();
    let glue = servers.iter().filter(|server| !server.address.is_unspecified());
    let glue = glue.map(|server| (server.name.clone(), server.address));
    let own: Vec<_> = shared.own_name.clone().into_iter().chain(glue).collect();
    let mut records: Vec<(String, Record)> = Vec::new();
    for (hostname, address) in view.addresses.iter().chain(&own) {
        records.push((hostname.clone(), record(hostname, TTL, RData::from(*address))));
    }
    for plain in &view.plain {
        records.extend(data(plain).map(|data| {
            let ttl = if plain.ttl == 0 { ZONE_TTL } else { plain.ttl };
            (plain.hostname.clone(), record(&plain.hostname, ttl, data))
        }));
    }
    let account = locked(&shared.account).zones().to_vec();
    let of_account = account.iter().map(|zone| zone.name.as_str());
    let of_records = records.iter().map(|(name, _)| zone_of(name));
    let zones: BTreeSet<&str> = of_account.chain(of_records).collect();
    let mut catalog = Catalog::new();
    for zone in zones {
        let elsewhere = account.iter().any(|known| known.name == zone && !known.on_provider);
        let names: Vec<String> = if elsewhere {
            ELSEWHERE.map(String::from).to_vec()
        } else {
            servers.iter().map(|server| server.name.clone()).collect()
        };
        let of_zone = records.iter().filter(|(name, _)| zone_of(name) == zone);
        let of_zone = of_zone.map(|(_, record)| record.clone());
        let head = head(zone, &names, view.serial);
        let handler = zone_handler(zone, head.into_iter().chain(of_zone));
        catalog.upsert(absolute(zone).into(), vec![Arc::new(handler)]);
    }
    catalog
}

/// SOA and NS.
fn head(zone: &str, servers: &[String], serial: u32) -> Vec<Record> {
    let first = absolute(servers.first().map_or("ns.invalid", String::as_str));
    let contact = absolute(&format!("hostmaster.{zone}"));
    let soa = SOA::new(first, contact, serial, 3600, 600, 86_400, TTL);
    let servers = servers.iter().map(|name| RData::NS(NS(absolute(name))));
    let data = std::iter::once(RData::SOA(soa)).chain(servers);
    data.map(|data| record(zone, ZONE_TTL, data)).collect()
}

fn record(name: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(absolute(name), ttl, data)
}

/// What a plain record holds; `None` for kinds and targets that nothing here asks for.
fn data(plain: &Plain) -> Option<RData> {
    match plain.kind.as_str() {
        "A" | "AAAA" => plain.target.parse::<IpAddr>().ok().map(RData::from),
        "CNAME" => Some(RData::CNAME(CNAME(absolute(plain.target.trim_end_matches('.'))))),
        _ => None,
    }
}

fn zone_handler(
    zone: &str,
    records: impl Iterator<Item = Record>,
) -> InMemoryZoneHandler<TokioRuntimeProvider> {
    let mut sets: BTreeMap<RrKey, RecordSet> = BTreeMap::new();
    for record in records {
        let key = RrKey::new(record.name.clone().into(), record.record_type());
        match sets.get_mut(&key) {
            Some(set) => {
                set.insert(record, 0);
            }
            None => {
                sets.insert(key, RecordSet::from(record));
            }
        }
    }
    InMemoryZoneHandler::new(absolute(zone), sets, ZoneType::Primary, AxfrPolicy::Deny)
        .unwrap_or_else(|fault| panic!("the zone {zone} is not one: {fault}"))
}

/// A name as DNS has it; panics if `text` is none.
fn absolute(text: &str) -> Name {
    let mut name = Name::from_ascii(text)
        .unwrap_or_else(|error| panic!("{text} is not a name for DNS: {error}"));
    name.set_fqdn(true);
    name
}
