//! Tells systemd what the service is doing (`sd_notify(3)`): one datagram, no library.

use std::time::Duration;
use std::{env, process};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sendto, socket_with,
};

use super::background::start;
use super::{clock, ubus};

/// How long a full queue of messages is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The service is up.
pub fn ready() {
    send("READY=1\n");
}

/// The service reads its configuration again; [`ready`] follows.
pub fn reloading() {
    let now = clock::monotonic();
    // Not as_micros, which is of 128 bits: their division and digits are 4 KB on MIPS.
    let now = now.as_secs().saturating_mul(1_000_000) + u64::from(now.subsec_micros());
    send(&format!("RELOADING=1\nMONOTONIC_USEC={now}\n"));
}

/// The service ends.
pub fn stopping() {
    // Nobody waits for it, and it has to wait for nobody.
    send_by("STOPPING=1\n", SendFlags::DONTWAIT);
}

/// How often systemd wants to hear [`alive`], half of what it waits (`sd_watchdog_enabled(3)`);
/// `None` if it does not.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse().ok();
    let asks = Watch { microseconds: number("WATCHDOG_USEC")?, pid: number("WATCHDOG_PID") };
    asks.interval(process::id().into())
}

/// What systemd says about its watchdog.
struct Watch {
    microseconds: u64,
    pid: Option<u64>,
}

impl Watch {
    fn interval(&self, own: u64) -> Option<Duration> {
        // Set for another process, such as one that started this one.
        let is_ours = self.pid.is_none_or(|pid| pid == own);
        (is_ours && self.microseconds > 0).then(|| Duration::from_micros(self.microseconds / 2))
    }
}

/// The service goes on: to be told as often as [`watchdog`] says, where work is done.
///
/// procd, which reads no datagrams, is told over ubus; it names the instance in the environment.
/// As ubusd may keep silent, a thread waits for it.
pub fn alive() {
    let told = match env::var("PROCD_INSTANCE") {
        Err(_) => return send("WATCHDOG=1\n"),
        Ok(instance) => start(Box::new(move || wind_up(&instance))),
    };
    if let Err(error) = told {
        debug!("procd does not hear that the agent is alive: {error}");
    }
}

fn wind_up(instance: &str) {
    let procd = ubus::Client::open(ubus::TIME_LIMIT);
    let told = procd.and_then(|mut procd| procd.wind_up_watchdog("dynhost", instance));
    if let Err(failure) = told {
        debug!("procd does not hear that the agent is alive: {failure}");
    }
}

/// Without systemd, or if it does not listen, nothing is lost.
fn send(message: &str) {
    send_by(message, SendFlags::empty());
}

fn send_by(message: &str, flags: SendFlags) {
    let Ok(path) = env::var("NOTIFY_SOCKET") else { return };
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes()),
        None => SocketAddrUnix::new(&*path),
    };
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None);
    if let (Ok(address), Ok(socket)) = (address, socket) {
        let _ = set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE));
        let _ = sendto(&socket, message.as_bytes(), flags | SendFlags::NOSIGNAL, &address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_ours_if_it_names_us_or_nobody() {
        let rows = [
            (180_000_000, None, Some(90)),
            (180_000_000, Some(7), Some(90)),
            (180_000_000, Some(8), None),
            (0, None, None),
        ];
        for (microseconds, pid, seconds) in rows {
            let interval = Watch { microseconds, pid }.interval(7);
            assert_eq!(interval, seconds.map(Duration::from_secs), "{microseconds} {pid:?}");
        }
    }
}
