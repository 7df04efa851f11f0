//! Finds a gateway by UPnP and asks it for its external address.

mod heard;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use heard::Heard;

use super::background::locked;
use super::clock::since_boot;
use super::dns::Names;
use super::http::{Fetch, Fetched, Post, Route};
use super::poll::{input, poll};
use crate::address::NoAnswer;
use crate::address::gateway::{Behind, Gateway, Make};
use crate::address::upnp::description::{self, DESCRIPTION_MAX, Description, Service};
use crate::address::upnp::soap::{self, Action};
use crate::address::upnp::ssdp::{self};
use crate::address::upnp::url::Url;
use crate::address::upnp::{ABOUT, Refusal, Why};
use crate::provider::failure::Failure;

/// Everything together, searches and questions.
const TOTAL: Duration = Duration::from_secs(15);
/// Devices answer within the two seconds that `MX` gives them.
const SEARCH: Duration = Duration::from_secs(3);
/// Multicast gets lost, above all over radio: the search is put again in the middle.
const AGAIN: Duration = Duration::from_secs(1);
/// One question over HTTP; it stays in the local network.
const CALL: Duration = Duration::from_secs(5);
/// A network has some dozen devices that answer a few times each; somebody may want to drown the
/// answer that counts.
const MAX_DATAGRAMS: usize = 8192;
/// Gateways that are remembered.
const MAX_KNOWN: usize = 4;
/// So many places that the gateway names are looked at.
const MAX_LOCATIONS: usize = 8;
/// A search goes over a switch or two.
const HOPS: u32 = 4;

/// What is known of gateways that were found: they are searched for again only after a failure.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Arc<Mutex<Vec<(Gateway, Found)>>>);

/// A service that has told an address.
#[derive(Clone, Debug)]
struct Found {
    service: Service,
    make: Make,
}

impl Known {
    /// What the gateway has on its line.
    ///
    /// # Errors
    /// Why it does not say.
    pub(super) fn ask(&self, gateway: &Gateway) -> Result<Behind, NoAnswer> {
        let asking = Asking { gateway, deadline: since_boot().saturating_add(TOTAL) };
        let refused = |why| NoAnswer::Upnp(Refusal { gateway: gateway.clone(), why });
        let behind = |address, make| Behind { gateway: gateway.address, address, make };
        if let Some(found) = self.find(gateway) {
            match asking.address_by(&found.service) {
                Ok(address) => return Ok(behind(address, found.make)),
                Err(Why::Down) => return Err(refused(Why::Down)),
                // It was restarted, perhaps, and has another port or other paths since.
                Err(_) => self.forget(gateway),
            }
        }
        match asking.search()? {
            Ok((address, found)) => {
                let make = found.make;
                let mut known = locked(&self.0);
                known.truncate(MAX_KNOWN - 1);
                known.insert(0, (gateway.clone(), found));
                Ok(behind(address, make))
            }
            Err(why) => Err(refused(why)),
        }
    }

    fn find(&self, gateway: &Gateway) -> Option<Found> {
        let known = locked(&self.0);
        known.iter().find(|(of, _)| of == gateway).map(|(_, found)| found.clone())
    }

    fn forget(&self, gateway: &Gateway) {
        locked(&self.0).retain(|(of, _)| of != gateway);
    }
}

/// One search, and the questions that follow from it.
struct Asking<'a> {
    gateway: &'a Gateway,
    /// Since boot.
    deadline: Duration,
}

impl Asking<'_> {
    /// Searches, and asks every place that the gateway names until one tells an address.
    fn search(&self) -> Result<Result<(Ipv4Addr, Found), Why>, NoAnswer> {
        let unasked =
            |error: io::Error| NoAnswer::Unasked { source: ABOUT.token, why: error.to_string() };
        let socket = self.open().map_err(unasked)?;
        let end = since_boot().saturating_add(SEARCH);
        self.send(&socket).map_err(unasked)?;
        let mut again = since_boot().saturating_add(AGAIN);
        let mut heard = Heard::default();
        // What came in while a place was looked at is heard after the end, too.
        while heard.take(&socket, self.gateway.address) || since_boot() < end {
            if let Some(location) = heard.location.take() {
                match self.describe(&location) {
                    Ok(found) => return Ok(Ok(found)),
                    Err(why) => heard.why = Some(why),
                }
                continue;
            }
            // The rest stays unread, and nothing is waited for beside it.
            if heard.is_full() {
                break;
            }
            if since_boot() >= again {
                // The first has left; that one of many gets lost is nothing to give up for.
                let _ = self.send(&socket);
                again = since_boot().saturating_add(AGAIN);
            }
            let wait = again.min(end).saturating_sub(since_boot());
            // A signal ends the wait early, with nothing there.
            let _ = poll(&mut [input(&socket)], Some(wait));
        }
        Ok(Err(heard.reason()))
    }

    fn open(&self) -> io::Result<UdpSocket> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        if let Some(device) = &self.gateway.bound {
            socket.bind_device(Some(device.as_bytes()))?;
        }
        socket.set_multicast_ttl_v4(HOPS)?;
        // Out by the device that the gateway is on, whatever routes say of the group.
        let here = self.here()?;
        socket.bind(&SocketAddr::from((here, 0)).into())?;
        socket.set_multicast_if_v4(&here)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    }

    /// The address that this machine has towards the gateway.
    fn here(&self) -> io::Result<Ipv4Addr> {
        let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        probe.connect((self.gateway.address, ssdp::PORT))?;
        match probe.local_addr()?.ip() {
            IpAddr::V4(here) => Ok(here),
            IpAddr::V6(_) => Err(io::ErrorKind::AddrNotAvailable.into()),
        }
    }

    /// To everybody, and to the gateway itself, as some switches lose what goes to everybody.
    fn send(&self, socket: &UdpSocket) -> io::Result<()> {
        for version in ssdp::VERSIONS {
            let text = ssdp::search(version);
            socket.send_to(text.as_bytes(), (ssdp::GROUP, ssdp::PORT))?;
            // Nobody may be there.
            let _ = socket.send_to(text.as_bytes(), (self.gateway.address, ssdp::PORT));
        }
        Ok(())
    }

    /// What a place describes, as far as an address.
    fn describe(&self, location: &Url) -> Result<(Ipv4Addr, Found), Why> {
        let (status, document) = self.get(location)?;
        if status != 200 {
            return Err(Why::Status(status));
        }
        let Description { make, services } = description::read(&document, location)?;
        let mut why = Why::NoService;
        let is_alone = services.len() == 1;
        for must_be_connected in [true, false] {
            for service in &services {
                // The only one is asked for its address in any case: some do not tell their status.
                if must_be_connected && !is_alone && !self.may_be_connected(service) {
                    continue;
                }
                match self.address_by(service) {
                    Ok(address) => return Ok((address, Found { service: service.clone(), make })),
                    Err(refusal) => why = refusal,
                }
            }
            if is_alone {
                break;
            }
        }
        Err(why)
    }

    fn address_by(&self, service: &Service) -> Result<Ipv4Addr, Why> {
        let (status, document) = self.post(Action::ExternalAddress, service)?;
        soap::address(status, &document)
    }

    fn may_be_connected(&self, service: &Service) -> bool {
        self.post(Action::Status, service)
            .is_ok_and(|(status, document)| soap::may_be_connected(status, &document))
    }

    fn get(&self, url: &Url) -> Result<Fetched, Why> {
        let url = url.to_string();
        let fetch = Fetch { url: &url, time: self.time(), max: DESCRIPTION_MAX };
        fetch.get(&self.route()).map_err(unasked)
    }

    fn post(&self, action: Action, service: &Service) -> Result<Fetched, Why> {
        let (url, kind) = (service.control.to_string(), service.kind);
        let fetch = Fetch { url: &url, time: self.time(), max: soap::ANSWER_MAX };
        let (header, body) = (action.header(kind), action.body(kind));
        let header = (soap::HEADER, header.as_str());
        let post = Post { header, content_type: soap::CONTENT_TYPE, body: &body };
        fetch.post(&self.route(), &post).map_err(unasked)
    }

    fn time(&self) -> Duration {
        // Not zero, which would mean for ever.
        let least = Duration::from_millis(1);
        self.deadline.saturating_sub(since_boot()).clamp(least, CALL)
    }

    fn route(&self) -> Route {
        Route {
            origin: String::new(),
            ca_file: None,
            names: Names { device: self.gateway.bound.clone(), ..Names::default() },
            tls: false,
        }
    }
}

fn unasked(failure: Failure) -> Why {
    Why::Http(failure.token())
}
