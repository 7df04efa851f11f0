//! Puts the two questions about one name to name servers, until they are answered or time is up.

mod server;
mod socket;
mod until;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustix::net::{RecvFlags, recv};
use socket2::Socket;

pub(super) use server::Way;
pub(super) use server::exchange;
use server::tcp;
pub(super) use socket::reach;
pub(super) use until::Until;

use super::clock::since_boot;
use super::poll::{input, is_ready, poll};
use super::tcp::LOOK;
use crate::address::{DeviceName, Family};
use crate::dns::resolv_conf::{ResolvConf, Server};
use crate::dns::{Answer, LookUp, MESSAGE_MAX, Outcome, Question};
use crate::provider::failure::Failure;

pub(super) const PORT: u16 = 53;
/// What a server gets in the first round: one that is dead costs no more.
const FIRST_TRY: Duration = Duration::from_secs(1);
/// What an exchange over TCP may take.
const OVER_TCP: Duration = Duration::from_secs(2);
/// Datagrams from a server that answer nothing, after which it is not listened to: whoever sends
/// them in its name guesses at the number of the question, or wants the processor.
pub(super) const STRAY_MAX: usize = 100;
/// How long the other answer is waited for once there is an address: some servers never give one
/// about IPv6.
const GRACE: Duration = Duration::from_millis(500);

/// One name that is being asked for.
pub(super) struct Asking<'a> {
    name: &'a str,
    conf: &'a ResolvConf,
    device: Option<&'a DeviceName>,
    until: &'a Until,
    look_up: LookUp,
    /// All of them are listened to: what is late for its own try is not for the look-up.
    tries: Vec<Try>,
    buffer: Vec<u8>,
}

/// Two questions to one server, from a port of their own.
struct Try {
    server: SocketAddr,
    socket: Socket,
    /// What the server has not refused yet.
    open: Vec<(Family, Question)>,
    /// Datagrams that answered nothing.
    stray: usize,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        name: &'a str,
        conf: &'a ResolvConf,
        device: Option<&'a DeviceName>,
        until: &'a Until,
    ) -> Self {
        let (look_up, tries, buffer) = (LookUp::default(), Vec::new(), vec![0; MESSAGE_MAX]);
        Self { name, conf, device, until, look_up, tries, buffer }
    }

    /// Asks one server after the other.
    ///
    /// # Errors
    /// The questions cannot be bound to the device, or the name cannot be one of a host.
    pub(super) fn run(mut self) -> Result<Outcome, Failure> {
        let conf = self.conf;
        let first = if conf.rotates { random()? } else { 0 };
        let first = usize::from(first) % conf.servers.len();
        let (before, from_it) = conf.servers.split_at(first);
        for round in 0..conf.rounds {
            let later = Duration::from_secs(conf.seconds.into());
            let patience = if round == 0 { FIRST_TRY } else { later };
            for server in from_it.iter().chain(before) {
                let is_enough = self.look_up.is_done() || self.look_up.has_address();
                if is_enough || self.until.is_over() {
                    return Ok(self.look_up.outcome());
                }
                self.turn(server, self.end_of(patience))?;
            }
        }
        Ok(self.look_up.outcome())
    }

    fn end_of(&self, patience: Duration) -> Duration {
        since_boot().saturating_add(patience).min(self.until.end)
    }

    /// One server's turn. That it cannot be reached is no error: there may be another.
    fn turn(&mut self, server: &Server, end: Duration) -> Result<(), Failure> {
        let open = self.questions()?;
        match reach(server, self.device) {
            Err(failure @ (Failure::Bind | Failure::Resources)) => return Err(failure),
            Err(_) => {}
            Ok((server, _)) if self.conf.over_tcp => {
                for (family, question) in open {
                    if let Some(answer) = self.over_tcp(server, &question, end) {
                        self.look_up.take(family, answer);
                    }
                }
            }
            Ok((server, socket)) => {
                if ask(&socket, server, &open).is_ok() {
                    self.tries.push(Try { server, socket, open, stray: 0 });
                    self.listen(end);
                }
            }
        }
        Ok(())
    }

    /// The questions still to be answered, with ids that nobody has seen.
    fn questions(&self) -> Result<Vec<(Family, Question)>, Failure> {
        let mut open = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            if self.look_up.is_open(family) {
                let question = Question::new(self.name, family, random()?);
                open.push((family, question.ok_or(Failure::NoSuchName)?));
            }
        }
        Ok(open)
    }

    /// Listens until `end`, or until the last server that was asked has said all it will.
    fn listen(&mut self, end: Duration) {
        let mut end = end;
        while !self.look_up.is_done() && self.has_hope() {
            let is_over = end <= since_boot() || self.until.is_over();
            let left = if is_over { Duration::ZERO } else { end.saturating_sub(since_boot()) };
            let ready = self.wait(left.min(LOOK));
            // What came while this process could not run is heard all the same.
            if is_over && ready.is_empty() {
                return;
            }
            for index in ready {
                let had_address = self.look_up.has_address();
                self.hear(index);
                if self.look_up.has_address() && !had_address {
                    end = end.min(since_boot().saturating_add(GRACE));
                }
            }
        }
    }

    fn has_hope(&self) -> bool {
        let open = |(family, _): &(Family, Question)| self.look_up.is_open(*family);
        let is_heeded = |latest: &Try| latest.stray < STRAY_MAX;
        self.tries.last().is_some_and(|latest| is_heeded(latest) && latest.open.iter().any(open))
    }

    /// The tries that have something to say.
    fn wait(&self, left: Duration) -> Vec<usize> {
        let heeded = self.tries.iter().enumerate().filter(|(_, one)| one.stray < STRAY_MAX);
        let (places, mut sockets): (Vec<_>, Vec<_>) =
            heeded.map(|(index, one)| (index, input(&one.socket))).unzip();
        if poll(&mut sockets, Some(left)).is_err() {
            return Vec::new();
        }
        let ready = places.iter().zip(&sockets).filter(|(_, socket)| is_ready(socket));
        ready.map(|(index, _)| *index).collect()
    }

    /// Takes one datagram; one that answers nothing is passed over.
    fn hear(&mut self, index: usize) {
        let Some(one) = self.tries.get_mut(index) else { return };
        let length = match recv(&one.socket, &mut *self.buffer, RecvFlags::DONTWAIT) {
            Ok((length, _)) => length,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return,
            // Nobody is there, says the network.
            Err(_) => return one.open.clear(),
        };
        let message = self.buffer.get(..length).unwrap_or_default();
        let judged = |(family, question): &(Family, Question)| {
            question.judge(message).map(|answer| (*family, answer))
        };
        let Some((family, answer)) = one.open.iter().find_map(judged) else {
            one.stray += 1;
            return;
        };
        let place = one.open.iter().position(|(asked, _)| *asked == family);
        let Some((_, question)) = place.map(|place| one.open.remove(place)) else { return };
        let answer = match answer {
            Answer::Truncated => {
                let (server, end) = (one.server, self.end_of(OVER_TCP));
                self.over_tcp(server, &question, end).unwrap_or(answer)
            }
            answer => answer,
        };
        self.look_up.take(family, answer);
    }

    /// One question and its answer over TCP.
    fn over_tcp(
        &mut self,
        server: SocketAddr,
        question: &Question,
        end: Duration,
    ) -> Option<Answer> {
        let (device, cancel) = (self.device, Some(&self.until.cancel));
        let way = Way { server, device, over_tcp: true, cancel };
        let length = tcp(&way, question, end, &mut self.buffer)?;
        question.judge(self.buffer.get(..length)?)
    }
}

/// Connected, the socket hears nobody else; the kernel picks a port that nobody can guess.
fn ask(socket: &Socket, server: SocketAddr, open: &[(Family, Question)]) -> io::Result<()> {
    socket.connect(&server.into())?;
    open.iter().try_for_each(|(_, question)| socket.send(question.bytes()).map(|_| ()))
}

pub(super) fn random() -> Result<u16, Failure> {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Failure::Resolve)?;
    Ok(u16::from_be_bytes(bytes))
}
