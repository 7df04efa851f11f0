//! The examples that are shipped, run as they stand.

mod monitoring;
mod on_change;
mod without_systemd;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::JoinHandle;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// What an example sent.
#[derive(Debug)]
struct Request {
    /// The first line and the headers.
    head: String,
    body: String,
}

/// A server that takes one request; its address, and what comes of it.
fn listen() -> (String, JoinHandle<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let heard = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody connects");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        hear(stream)
    });
    (address, heard)
}

fn hear(stream: TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("a line"), 0, "cut: {head}");
    }
    let length = head.to_lowercase().split_once("content-length: ").map_or(0, |(_, rest)| {
        rest.lines().next().and_then(|number| number.parse().ok()).expect("a length")
    });
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    reader.get_mut().write_all(answer).expect("it listens");
    Request { head, body: String::from_utf8(body).expect("UTF-8") }
}

/// An example, by its path from the folder of them.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// An executable file.
fn put_script(path: &Path, text: &str) {
    std::fs::write(path, text).expect("it can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, mode).expect("a mode can be set");
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}
