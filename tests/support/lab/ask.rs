//! Asks a name server, as anybody who looks the name up does.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dynhost::address::Family;
use hickory_server::net::client::{Client, ClientHandle as _};
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::net::tcp::TcpClientStream;
use hickory_server::net::udp::UdpClientStream;
use hickory_server::proto::op::DnsResponse;
use hickory_server::proto::rr::{DNSClass, Name, RData, RecordType};

const TIMEOUT: Duration = Duration::from_secs(2);

/// What a question travels over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram each way.
    Udp,
    /// A connection for the question.
    Tcp,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response code in words: `NoError`, `NXDomain`, `Refused`.
    pub code: String,
    /// The AA bit.
    pub authoritative: bool,
    /// Addresses with their TTL in seconds.
    pub addresses: Vec<(IpAddr, u32)>,
    /// Whether the authority section holds the zone's SOA, as it must in a negative answer.
    pub has_soa: bool,
}

/// Asks for the addresses of `hostname`; the error is a sentence, such as that nobody answered.
pub fn ask(
    server: SocketAddr,
    transport: Transport,
    hostname: &str,
    family: Family,
) -> Result<Answer, String> {
    let record_type = match family {
        Family::Ipv4 => RecordType::A,
        Family::Ipv6 => RecordType::AAAA,
    };
    query(server, transport, hostname, record_type).map(|response| answer(&response))
}

/// Asks for the name servers of `zone`, over UDP, in the order of their names.
pub fn name_servers(server: SocketAddr, zone: &str) -> Result<Vec<String>, String> {
    let response = query(server, Transport::Udp, zone, RecordType::NS)?;
    let names = response.answers.iter().filter_map(|record| match &record.data {
        RData::NS(name) => Some(name.0.to_ascii().trim_end_matches('.').to_owned()),
        _ => None,
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

fn query(
    server: SocketAddr,
    transport: Transport,
    hostname: &str,
    record_type: RecordType,
) -> Result<DnsResponse, String> {
    let mut name = Name::from_ascii(hostname).map_err(|error| error.to_string())?;
    name.set_fqdn(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut client = client(server, transport).await?;
        let question = client.query(name, DNSClass::IN, record_type);
        question.await.map_err(|error| error.to_string())
    })
}

async fn client(
    server: SocketAddr,
    transport: Transport,
) -> Result<Client<TokioRuntimeProvider>, String> {
    let provider = TokioRuntimeProvider::new();
    match transport {
        Transport::Udp => {
            let stream =
                UdpClientStream::builder(server, provider).with_timeout(Some(TIMEOUT)).build();
            let (client, driver) = Client::from_sender(stream);
            tokio::spawn(driver);
            Ok(client)
        }
        Transport::Tcp => {
            let (connecting, sender) = TcpClientStream::new(server, None, Some(TIMEOUT), provider);
            let stream = connecting.await.map_err(|error| error.to_string())?;
            let (client, driver) = Client::with_timeout(stream, sender, TIMEOUT);
            tokio::spawn(driver);
            Ok(client)
        }
    }
}

fn answer(response: &DnsResponse) -> Answer {
    let addresses = response.answers.iter().filter_map(|record| match record.data {
        RData::A(address) => Some((IpAddr::V4(address.0), record.ttl)),
        RData::AAAA(address) => Some((IpAddr::V6(address.0), record.ttl)),
        _ => None,
    });
    Answer {
        code: format!("{:?}", response.metadata.response_code),
        authoritative: response.metadata.authoritative,
        addresses: addresses.collect(),
        has_soa: response.authorities.iter().any(|r| r.record_type() == RecordType::SOA),
    }
}
