//! What comes back of a search, from whoever answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use super::{MAX_DATAGRAMS, MAX_LOCATIONS};
use crate::address::upnp::Why;
use crate::address::upnp::ssdp::{self, Answer};
use crate::address::upnp::url::Url;

/// What was heard in a search.
#[derive(Default)]
pub(super) struct Heard {
    datagrams: usize,
    locations: Vec<Url>,
    /// The last of them, which was not looked at yet.
    pub(super) location: Option<Url>,
    foreign: Option<Ipv4Addr>,
    is_elsewhere: bool,
    pub(super) why: Option<Why>,
}

impl Heard {
    /// Whether that is enough, whoever sends more.
    pub(super) fn is_full(&self) -> bool {
        self.datagrams >= MAX_DATAGRAMS
    }

    /// Takes one datagram, if there is one.
    pub(super) fn take(&mut self, socket: &UdpSocket, gateway: Ipv4Addr) -> bool {
        // A longer one is cut off, and is none.
        let mut datagram = [0; ssdp::ANSWER_MAX + 1];
        if self.is_full() {
            return false;
        }
        let heard = socket.recv_from(&mut datagram);
        let Ok((length, sender)) = heard else {
            // What the network says of one that was asked is no answer, and is taken out by this.
            let blocks = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
            return heard.is_err_and(|error| !blocks(error));
        };
        self.datagrams += 1;
        if let SocketAddr::V4(sender) = sender {
            let datagram = datagram.get(..length).unwrap_or_default();
            self.weigh(ssdp::read(datagram, *sender.ip(), gateway));
        }
        true
    }

    fn weigh(&mut self, answer: Option<Answer>) {
        match answer {
            Some(Answer::Foreign(other)) => self.foreign = self.foreign.or(Some(other)),
            Some(Answer::Elsewhere) => self.is_elsewhere = true,
            Some(Answer::Described(url)) => {
                let is_new = !self.locations.contains(&url);
                if is_new && self.locations.len() < MAX_LOCATIONS {
                    self.locations.push(url.clone());
                    self.location = Some(url);
                }
            }
            None => {}
        }
    }

    /// Why none told an address.
    pub(super) fn reason(&self) -> Why {
        let elsewhere = self.is_elsewhere.then_some(Why::Elsewhere);
        let foreign = self.foreign.map(Why::Foreign);
        self.why.or(elsewhere).or(foreign).unwrap_or(Why::Silent)
    }
}
