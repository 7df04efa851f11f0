//! The question which way a packet would go, and its answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkBuffer};

use super::super::Family;
use super::wire::{AF_INET, AF_INET6, RTM_GETROUTE, RTM_NEWROUTE};
use super::{HEADER, entry, wire};

/// How a packet would leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// [`Link::index`] of the device.
    pub link: u32,
    /// The address that it would have.
    pub source: Option<IpAddr>,
    /// The router it would go to, if any of its family.
    pub gateway: Option<IpAddr>,
}

/// The question how a packet to the internet would leave, by this device if one is given: nothing
/// is sent, so any address serves that everybody reaches by their default route. These are of
/// a.root-servers.net.
#[must_use]
pub fn ask_way(family: Family, link: Option<u32>) -> Vec<u8> {
    let (number, to) = match family {
        Family::Ipv4 => (AF_INET, Ipv4Addr::new(198, 41, 0, 4).octets().to_vec()),
        Family::Ipv6 => {
            let to = Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30);
            (AF_INET6, to.octets().to_vec())
        }
    };
    let bits = u8::try_from(to.len() * 8).unwrap_or(u8::MAX);
    // struct rtmsg
    let mut payload = vec![number, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    wire::put(&mut payload, wire::RTA_DST, &to);
    if let Some(link) = link {
        wire::put(&mut payload, wire::RTA_OIF, &link.to_ne_bytes());
    }
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    let mut bytes = vec![0; HEADER];
    let mut request = NetlinkBuffer::new(&mut bytes);
    request.set_length(length);
    request.set_message_type(RTM_GETROUTE);
    request.set_flags(NLM_F_REQUEST);
    bytes.append(&mut payload);
    bytes
}

/// The answer to [`ask_way`]; `None` if there is no way.
#[must_use]
pub fn read_way(datagram: &[u8]) -> Option<Way> {
    let message = NetlinkBuffer::new_checked(datagram).ok()?;
    let is_route = message.message_type() == RTM_NEWROUTE;
    is_route.then(|| entry::way(message.payload()).ok()).flatten()
}
