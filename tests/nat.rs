//! Behind a box: is the address published that it has on its line, and never another one?

mod announcements;
mod faults;
mod real;
mod upnp;
mod web;

use std::net::UdpSocket;

use crate::support::agent::Output;
use crate::support::gateway::{Home, LINE};

/// What must come of a pass.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The line's address is published.
    Published,
    /// Nothing is, with this exit code and part of the reason.
    Nothing(i32, &'static str),
}

/// One fault of a gateway or of a neighbour, and what must come of it.
struct Row {
    name: &'static str,
    source: &'static str,
    gateway: fn(&Home),
    expected: Expected,
}

/// Plays every row in a home of its own, all at once; each is mostly a wait.
fn play(rows: &[Row]) {
    let failed: Vec<String> = std::thread::scope(|scope| {
        let played: Vec<_> = rows.iter().map(|row| scope.spawn(|| row.play())).collect();
        let ends = played.into_iter().zip(rows);
        ends.filter_map(|(played, row)| match played.join() {
            Ok(outcome) => outcome.err(),
            Err(_) => Some(format!("{}: panicked", row.name)),
        })
        .collect()
    });
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), rows.len(), failed.join("\n"));
    println!("{} faults, no wrong address was published", rows.len());
}

impl Row {
    fn play(&self) -> Result<(), String> {
        let home = Home::new(&[("source", self.source)]);
        (self.gateway)(&home);
        let output = home.agent.run(&["update"]);
        self.check(&home, &output).map_err(|why| format!("{}: {why}", self.name))
    }

    fn check(&self, home: &Home, output: &Output) -> Result<(), String> {
        let sent = home.sent();
        let (expected, code, part) = match self.expected {
            Expected::Published => (vec![LINE.to_string()], 0, "IP "),
            Expected::Nothing(code, part) => (vec![], code, part),
        };
        if sent == expected && output.code() == code && output.stdout.contains(part) {
            return Ok(());
        }
        Err(format!("sent {sent:?}, exit code {}, {}", output.code(), output.said()))
    }
}

/// Sends, whether or not anybody hears it.
fn send(socket: &UdpSocket, bytes: &[u8], to: std::net::SocketAddr) {
    let _ = socket.send_to(bytes, to);
}
