//! Listens for a gateway's announcement that its address may have changed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, InterfaceIndexOrAddress, Socket, Type};

use super::clock;
use crate::LOG;
use crate::address::gateway::Gateway;
use crate::address::natpmp::message::{MESSAGE_MAX, is_announcement};
use crate::address::natpmp::{ANNOUNCED_TO, ANNOUNCEMENT_PORT};

/// So many in a second are heard, and the others left for the next one: who sends more is none to
/// be hurried by.
const MAX_DATAGRAMS: usize = 64;
const SECOND: Duration = Duration::from_secs(1);

/// The gateways that are listened to, by one socket for all.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    /// Only an agent that stays is there to hear them.
    is_on: bool,
    socket: Option<UdpSocket>,
    /// Its group was joined on these devices.
    joined: Vec<u32>,
    believed: Vec<Ipv4Addr>,
    /// Since when datagrams are counted, in time since boot, and how many there were.
    heard: (Duration, usize),
    /// That nobody can be listened to was said.
    is_noted: bool,
}

impl Announcements {
    /// Listens to the gateways that are named from now on.
    pub(crate) fn turn_on(&mut self) {
        self.is_on = true;
    }

    /// A look at everything begins: gateways are named anew.
    pub(crate) fn renew(&mut self) {
        self.believed.clear();
    }

    /// Listens to this gateway, too.
    pub(crate) fn expect(&mut self, gateway: &Gateway) {
        if !self.is_on || self.believed.contains(&gateway.address) {
            return;
        }
        self.believed.push(gateway.address);
        if let Err(error) = self.join(gateway.link)
            && !std::mem::replace(&mut self.is_noted, true)
        {
            log::info!(
                target: LOG,
                "announcements of the gateway are not heard ({error}), changes are found by \
                 asking each minute: another program may have UDP port {ANNOUNCEMENT_PORT}"
            );
        }
    }

    /// Takes what was announced; whether a gateway that is believed has news.
    pub(crate) fn take(&mut self) -> bool {
        let now = clock::since_boot();
        if now >= self.heard.0.saturating_add(SECOND) {
            self.heard = (now, 0);
        }
        let Some(socket) = &self.socket else { return false };
        let mut is_news = false;
        while self.heard.1 < MAX_DATAGRAMS {
            let mut datagram = [0; MESSAGE_MAX + 1];
            match socket.recv_from(&mut datagram) {
                Ok((length, SocketAddr::V4(sender))) => {
                    let datagram = datagram.get(..length).unwrap_or_default();
                    is_news |= self.believed.contains(sender.ip()) && is_announcement(datagram);
                }
                Ok(_) => {}
                Err(_) => break,
            }
            self.heard.1 += 1;
        }
        is_news
    }

    /// When it is listened to again after a flood, in time since boot.
    pub(crate) fn due_at(&self) -> Option<Duration> {
        let (since, count) = self.heard;
        let over = since.saturating_add(SECOND);
        (count >= MAX_DATAGRAMS && over > clock::since_boot()).then_some(over)
    }

    /// What to wait for, if anything is listened to.
    pub(crate) fn ear(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().filter(|_| self.due_at().is_none()).map(UdpSocket::as_fd)
    }

    fn join(&mut self, link: u32) -> io::Result<()> {
        if self.joined.contains(&link) {
            return Ok(());
        }
        let socket = match &self.socket {
            Some(socket) => socket,
            None => self.socket.insert(open()?),
        };
        let by = InterfaceIndexOrAddress::Index(link);
        let socket = socket2::SockRef::from(socket);
        socket.join_multicast_v4_n(&ANNOUNCED_TO, &by)?;
        self.joined.push(link);
        Ok(())
    }
}

fn open() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // Others may listen as well (RFC 6886, section 3.2.1).
    socket.set_reuse_address(true)?;
    let everybody = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ANNOUNCEMENT_PORT);
    socket.bind(&everybody.into())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
