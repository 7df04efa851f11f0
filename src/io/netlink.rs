//! The kernel's links, addresses and default routes, and the news that they changed.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrAny, SocketFlags, SocketType, bind, recvfrom,
    sendto, socket_with,
};

use crate::address::rtnetlink::{
    Progress, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE, Snapshot, concerns_addresses,
};

/// The kernel never makes a dump's datagram longer (netlink(7)).
const BUFFER: usize = 32 * 1024;
/// A router with so many addresses and routes that it takes more is not meant.
const MAX_DATAGRAMS: usize = 4096;
/// How often tables that change while they are read are read again.
const MAX_INTERRUPTIONS: usize = 8;
/// The kernel answers at once; a jail that swallows requests must not hang the agent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the kernel for all links, all addresses, and the default routes of both families.
///
/// # Errors
///
/// What the socket says, what the kernel refused, or that the answer could not be read.
pub fn snapshot() -> io::Result<Snapshot> {
    let mut buffer = vec![0; BUFFER];
    for _ in 0..MAX_INTERRUPTIONS {
        // A new socket each time: what is left of an interrupted dump goes with the old one.
        let socket = open(0, SocketFlags::CLOEXEC)?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        if let Some(snapshot) = dump_all(&socket, &mut buffer)? {
            return Ok(snapshot);
        }
    }
    Err(io::Error::other("addresses and routes kept changing while they were read, try again"))
}

/// `None` if the tables changed meanwhile.
fn dump_all(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Option<Snapshot>> {
    let mut snapshot = Snapshot::default();
    for kind in [RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE] {
        send_request(socket, kind)?;
        if !dump(socket, buffer, &mut snapshot)? {
            return Ok(None);
        }
    }
    Ok(Some(snapshot))
}

/// Asks for everything of a kind; `AF_UNSPEC` stands for both families.
fn send_request(socket: &OwnedFd, kind: u16) -> io::Result<()> {
    let mut bytes = [0; REQUEST_LENGTH as usize];
    let mut request = NetlinkBuffer::new(&mut bytes);
    request.set_length(REQUEST_LENGTH);
    request.set_message_type(kind);
    request.set_flags(NLM_F_REQUEST | NLM_F_DUMP);
    request.set_sequence_number(u32::from(kind));
    sendto(socket, &bytes, SendFlags::empty(), &KERNEL)?;
    Ok(())
}

/// Whether the dump came through whole.
fn dump(socket: &OwnedFd, buffer: &mut [u8], snapshot: &mut Snapshot) -> io::Result<bool> {
    for _ in 0..MAX_DATAGRAMS {
        let Some(datagram) = receive(socket, buffer)? else { continue };
        match snapshot.read(datagram).map_err(io::Error::other)? {
            Progress::More => {}
            Progress::Done => return Ok(true),
            Progress::Interrupted => return Ok(false),
            Progress::Refused(errno) => return Err(io::Error::from_raw_os_error(errno)),
        }
    }
    Err(io::Error::other("the kernel's answer does not end"))
}

/// One datagram; `None` if it is not the kernel's.
fn receive<'b>(socket: &OwnedFd, buffer: &'b mut [u8]) -> io::Result<Option<&'b [u8]>> {
    let (_, length, sender) = retry_on_intr(|| recvfrom(socket, &mut *buffer, RecvFlags::TRUNC))?;
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
/// `struct nlmsghdr` and the longest fixed header, `struct ifinfomsg`; the kernel takes it for all.
const REQUEST_LENGTH: u32 = 16 + 16;
/// As much of a notification as [`concerns_addresses`] looks at.
const HEAD: usize = 32;
/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR` and
/// `RTMGRP_IPV6_ROUTE`.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_of_this_machine_has_a_loopback_device() {
        let snapshot = snapshot().unwrap();
        let lo = snapshot.link("lo").unwrap();
        assert_eq!(lo.index, 1);
        for address in snapshot.addresses.iter().filter(|address| address.link == lo.index) {
            assert!(address.address.is_loopback() || lo.up, "{address:?}");
        }
    }

    #[test]
    fn a_watch_without_news_does_not_block() {
        let watch = Watch::open().unwrap();
        // Other tests of this machine may make news now and then, but not all the time.
        assert!((0..1000).any(|_| !watch.drain().unwrap()));
    }
}
