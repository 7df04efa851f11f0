//! The kernel's links, addresses and default routes, and the news that they changed.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Once;
use std::time::Duration;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer};
use rustix::buffer::spare_capacity;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrAny, SocketFlags, SocketType, bind, recvfrom,
    sendto, socket_with,
};

use super::clock;
use crate::LOG;
use crate::address::rtnetlink::{
    DefaultRoute, Excess, IFLA_EXT_MASK, Progress, RTEXT_FILTER_SKIP_STATS, RTM_GETADDR,
    RTM_GETLINK, RTM_GETROUTE, Snapshot, Way, ask_way, concerns_addresses, read_way,
};
use crate::address::{DeviceName, Family};

/// The kernel never makes a dump's datagram longer (netlink(7)).
const BUFFER: usize = 32 * 1024;
/// As much of one dump is read, a million routes; what follows is left out.
const MAX_DATAGRAMS: usize = 4096;
/// How often tables that change while they are read are read again.
const MAX_ATTEMPTS: usize = 8;
/// The kernel answers at once; a jail that swallows requests must not hang the agent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the kernel for links, addresses, and the default routes of both families.
///
/// Where there are more than are kept, those of `devices` and of the default routes are.
///
/// In a storm the tables never hold still. The last attempt is then taken as it is: each entry of
/// it was true a moment ago, and whatever tore it is in the queue of a [`Watch`] as news, so that
/// another look follows.
///
/// # Errors
///
/// What the socket says, what the kernel refused, or that the answer could not be read.
pub fn snapshot(devices: &[DeviceName]) -> io::Result<Snapshot> {
    let mut buffer = Vec::with_capacity(BUFFER);
    let deadline = clock::since_boot() + PATIENCE;
    for attempt in 1.. {
        let mut snapshot = Snapshot::wanting(devices);
        let is_whole = dump_all(&mut snapshot, &mut buffer)?;
        if is_whole || attempt == MAX_ATTEMPTS || clock::since_boot() >= deadline {
            warn_once(&snapshot);
            return Ok(snapshot);
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// An excess of the kernel's is there for long, or in every storm again.
fn warn_once(snapshot: &Snapshot) {
    static WARNED: Once = Once::new();
    if snapshot.excess != Excess::default() {
        WARNED.call_once(|| log::warn!(target: LOG, "{}", snapshot.excess));
    }
}

/// Whether the tables stayed the same meanwhile.
///
/// Routes come first, then links: they say which addresses must not be left out.
fn dump_all(snapshot: &mut Snapshot, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut is_whole = true;
    for kind in [RTM_GETROUTE, RTM_GETLINK, RTM_GETADDR] {
        // A new socket each time: what is left of an unfinished dump goes with the old one.
        let socket = open(0, SocketFlags::CLOEXEC)?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        sendto(&socket, &request(kind), SendFlags::empty(), &KERNEL)?;
        is_whole &= dump(&socket, buffer, snapshot)?;
        if kind == RTM_GETROUTE {
            follow_objects(snapshot)?;
        }
    }
    Ok(is_whole)
}

/// Of a route by a next-hop object only the kernel knows the device, and which of several.
fn follow_objects(snapshot: &mut Snapshot) -> io::Result<()> {
    for (family, metric) in snapshot.by_object.clone() {
        if let Some(Way { link, gateway, .. }) = way(family, None)? {
            let (is_advertised, hops, is_dead) = (false, 1, false);
            let route =
                DefaultRoute { family, link, gateway, metric, is_advertised, hops, is_dead };
            snapshot.default_routes.push(route);
        }
    }
    Ok(())
}

/// How a packet to the internet would leave, by this device if one is given; `None` if it cannot.
///
/// # Errors
///
/// What the socket says.
pub fn way(family: Family, link: Option<u32>) -> io::Result<Option<Way>> {
    let socket = open(0, SocketFlags::CLOEXEC)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    sendto(&socket, &ask_way(family, link), SendFlags::empty(), &KERNEL)?;
    let mut buffer = Vec::with_capacity(ANSWER);
    for _ in 0..MAX_DATAGRAMS {
        if let Some(datagram) = receive(&socket, &mut buffer)? {
            return Ok(read_way(datagram));
        }
    }
    Ok(None)
}

/// Asks for everything of a kind; `AF_UNSPEC` stands for both families.
///
/// The kernel could filter more (`NETLINK_GET_STRICT_CHK`), but no safe call sets that option.
fn request(kind: u16) -> [u8; REQUEST_LENGTH as usize] {
    let mut bytes = [0; REQUEST_LENGTH as usize];
    let mut request = NetlinkBuffer::new(&mut bytes);
    request.set_length(REQUEST_LENGTH);
    request.set_message_type(kind);
    request.set_flags(NLM_F_REQUEST | NLM_F_DUMP);
    request.set_sequence_number(u32::from(kind));
    if kind == RTM_GETLINK {
        // Without its counters a link takes half the bytes; the other kinds have no such mask.
        let [l0, l1] = ATTRIBUTE_LENGTH.to_ne_bytes();
        let [k0, k1] = IFLA_EXT_MASK.to_ne_bytes();
        let [m0, m1, m2, m3] = RTEXT_FILTER_SKIP_STATS.to_ne_bytes();
        bytes[32..].copy_from_slice(&[l0, l1, k0, k1, m0, m1, m2, m3]);
    }
    bytes
}

/// Whether the table stayed the same meanwhile.
fn dump(socket: &OwnedFd, buffer: &mut Vec<u8>, snapshot: &mut Snapshot) -> io::Result<bool> {
    for _ in 0..MAX_DATAGRAMS {
        let Some(datagram) = receive(socket, buffer)? else { continue };
        match snapshot.read(datagram).map_err(io::Error::other)? {
            Progress::More => {}
            Progress::Done => return Ok(true),
            Progress::Interrupted => return Ok(false),
            Progress::Refused(errno) => return Err(io::Error::from_raw_os_error(errno)),
        }
    }
    snapshot.excess.cut_short += 1;
    Ok(true)
}

/// One datagram, of no more than the buffer's capacity; `None` if it is not the kernel's.
fn receive<'b>(socket: &OwnedFd, buffer: &'b mut Vec<u8>) -> io::Result<Option<&'b [u8]>> {
    buffer.clear();
    let (_, length, sender) =
        retry_on_intr(|| recvfrom(socket, spare_capacity(buffer), RecvFlags::TRUNC))?;
    if !is_kernel(sender) {
        return Ok(None);
    }
    let datagram = buffer.get(..length);
    datagram.map(Some).ok_or_else(|| io::Error::other("a netlink datagram was cut off"))
}

/// Tells that links, addresses or default routes changed, without saying how.
#[derive(Debug)]
pub struct Watch(OwnedFd);

impl Watch {
    /// Listens from now on: open it before the first [`snapshot`], so that nothing falls between.
    ///
    /// # Errors
    ///
    /// What the socket says.
    pub fn open() -> io::Result<Self> {
        open(GROUPS, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK).map(Self)
    }

    /// Takes the news waiting, without blocking; true if a new [`snapshot`] is worthwhile.
    ///
    /// # Errors
    ///
    /// What the socket says, other than having nothing or having lost something.
    pub fn drain(&self) -> io::Result<bool> {
        let mut changed = false;
        // In a storm the rest is left to the next call: the socket stays readable.
        for _ in 0..MAX_DATAGRAMS {
            let mut head = [0; HEAD];
            match retry_on_intr(|| recvfrom(&self.0, &mut head, RecvFlags::empty())) {
                Ok((length, _, sender)) => {
                    let head = head.get(..length).unwrap_or_default();
                    changed |= is_kernel(sender) && concerns_addresses(head);
                }
                Err(Errno::AGAIN) => break,
                // The socket's queue ran over: news were lost, so anything may have changed.
                Err(Errno::NOBUFS) => changed = true,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changed)
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn open(groups: u32, flags: SocketFlags) -> io::Result<OwnedFd> {
    // No protocol means NETLINK_ROUTE.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, groups))?;
    Ok(socket)
}

/// Other processes can send to a netlink socket, too; only port 0 is the kernel.
fn is_kernel(sender: Option<SocketAddrAny>) -> bool {
    sender.and_then(|s| SocketAddrNetlink::try_from(s).ok()).is_some_and(|s| s.pid() == 0)
}

const KERNEL: SocketAddrNetlink = SocketAddrNetlink::new(0, 0);
/// `struct nlmsghdr`, the longest fixed header, `struct ifinfomsg`, and an attribute of four bytes;
/// the kernel takes it for all.
const REQUEST_LENGTH: u32 = 16 + 16 + ATTRIBUTE_LENGTH as u32;
const ATTRIBUTE_LENGTH: u16 = 8;
/// One route has some dozen attributes.
const ANSWER: usize = 4096;
/// As much of a notification as [`concerns_addresses`] looks at.
const HEAD: usize = 32;
/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`,
/// `RTMGRP_IPV6_ROUTE` and `RTMGRP_IPV6_PREFIX`: an advertisement that refreshes one address and no
/// longer another changes neither of them.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400 | 0x2_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_of_this_machine_has_a_loopback_device() {
        let snapshot = snapshot(&[]).unwrap();
        let lo = snapshot.link("lo").unwrap();
        assert_eq!(lo.index, 1);
        let own = snapshot.addresses.iter().filter(|address| address.link == lo.index);
        // The kernel gives it one as it is brought up.
        assert_eq!(own.filter(|address| address.address.is_loopback()).count() > 0, lo.up);
    }

    #[test]
    fn a_watch_without_news_does_not_block() {
        let watch = Watch::open().unwrap();
        // Other tests of this machine may make news now and then, but not all the time.
        assert!((0..1000).any(|_| !watch.drain().unwrap()));
    }
}
