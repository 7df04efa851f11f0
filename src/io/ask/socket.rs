//! Sockets towards a name server.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use rustix::net::netdevice::name_to_index;
use socket2::{Domain, Socket, Type};

use super::PORT;
use crate::address::DeviceName;
use crate::dns::is_local;
use crate::dns::resolv_conf::Server;
use crate::io::refusal::is_of_resources;
use crate::provider::failure::Failure;

/// Where a server of resolv.conf is, and a socket for datagrams that would go there.
pub(in super::super) fn reach(
    server: &Server,
    device: Option<&DeviceName>,
) -> Result<(SocketAddr, Socket), Failure> {
    let address = SocketAddr::new(server.address, PORT);
    let socket = bound(address, Type::DGRAM, device)?;
    let IpAddr::V6(v6) = server.address else { return Ok((address, socket)) };
    let scope = match server.scope.as_deref().map(|scope| (scope, scope.parse())) {
        None => 0,
        Some((_, Ok(number))) => number,
        Some((name, Err(_))) => name_to_index(&socket, name).map_err(|_| Failure::Resolve)?,
    };
    Ok((SocketAddrV6::new(v6, PORT, 0, scope).into(), socket))
}

/// A socket for this server, bound to the device unless the server is on this machine.
pub(super) fn bound(
    server: SocketAddr,
    kind: Type,
    device: Option<&DeviceName>,
) -> Result<Socket, Failure> {
    let socket = Socket::new(Domain::for_address(server), kind, None);
    let why = |error| if is_of_resources(&error) { Failure::Resources } else { Failure::Resolve };
    let socket = socket.map_err(why)?;
    if let Some(device) = device.filter(|_| !is_local(&server.ip())) {
        socket.bind_device(Some(device.as_bytes())).map_err(|_| Failure::Bind)?;
    }
    Ok(socket)
}
