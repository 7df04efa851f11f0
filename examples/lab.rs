//! The tests' `DynHost` provider as a program: `lab serve` it, `ask` its DNS, plan a `fault`.
// The rules of clippy.toml keep the agent pure; this is what it is tried against.
#![allow(clippy::disallowed_methods)]
#![allow(unreachable_pub, reason = "modules shared with the test binary")]

#[path = "../tests/support/lab/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod lab;
#[path = "../tests/support/netifd.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod netifd;
#[path = "../tests/support/temp.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod temp;
#[path = "../tests/support/ubus.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod ubus;

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use dynhost::address::Family;
use lexopt::prelude::{Long, Value, ValueExt as _};

use lab::ask::{Transport, ask};
use lab::options::{Identifier, LabOptions, ZoneOptions};
use lab::{Lab, control};
use netifd::Interface;
use ubus::Question;

/// Where ubus' clients look for it.
const UBUS: &str = "/var/run/ubus/ubus.sock";

const USAGE: &str = "\
lab serve --dir DIR [--https ADDR:PORT] [--dns ADDR:PORT] [--control ADDR:PORT] [--name NAME]
          [--further-dns ADDR:PORT]... [--zone NAME | --zone-elsewhere NAME]... [--empty]
          [--identifier LOGIN:PASSWORD:SUBDOMAIN]... [--record HOSTNAME=IP]...
          [--certificate-name NAME]... [--not-before UNIX] [--not-after UNIX]
          [--tls12] [--badsys-as-json] [--calls-a-minute N]
lab ubusd --interfaces FILE      a line for each: NAME [device NAME] [own ADDRESS]...
          [delegated PREFIX NETWORK] [assigned ADDRESS]; read for each question
lab ask --dns ADDR:PORT [--tcp] NAME A|AAAA
lab COMMAND --control ADDR:PORT WORD...      where COMMAND and its words are:
";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lab: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let mut arguments = lexopt::Parser::from_env();
    let Some(Value(command)) = arguments.next()? else {
        return say(format_args!("{USAGE}{}", control::COMMANDS));
    };
    match command.to_str() {
        Some("serve") => serve(arguments),
        Some("ask") => ask_dns(arguments),
        Some("ubusd") => serve_ubus(arguments),
        _ => command_lab(&command, arguments),
    }
}

/// One line on stdout; a closed pipe is an error, not a panic.
fn say(line: impl Display) -> Outcome<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn serve(arguments: lexopt::Parser) -> Outcome<()> {
    let (options, control) = serve_options(arguments)?;
    let lab = Lab::try_start(options)?;
    let control = control.map(TcpListener::bind).transpose()?;
    let controlled = control.as_ref().map(TcpListener::local_addr).transpose()?;
    let controlled = controlled.map_or_else(String::new, |address| format!(" control {address}"));
    let (https, dns) = (lab.https_address(), lab.dns_address());
    say(format_args!("ready https {https} dns {dns}{controlled}"))?;
    match control {
        Some(listener) => Ok(control::serve(&listener, &lab, usize::MAX)?),
        None => loop {
            std::thread::park();
        },
    }
}

fn serve_options(mut arguments: lexopt::Parser) -> Outcome<(LabOptions, Option<SocketAddr>)> {
    let mut options = LabOptions::default();
    let (mut identifiers, mut records, mut control) = (Vec::new(), Vec::new(), None);
    let mut zones = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dir") => options.directory = Some(arguments.value()?.into()),
            Long("https") => options.https = arguments.value()?.parse()?,
            Long("dns") => options.dns = arguments.value()?.parse()?,
            Long("further-dns") => options.further_dns.push(arguments.value()?.parse()?),
            Long(zone @ ("zone" | "zone-elsewhere")) => {
                let on_provider = zone == "zone";
                zones.push(ZoneOptions { name: arguments.value()?.string()?, on_provider });
            }
            Long("empty") => {
                (options.identifiers, options.records) = (Vec::new(), Vec::new());
                options.api.consumer_key.clear();
            }
            Long("control") => control = Some(arguments.value()?.parse()?),
            Long("name") => options.name = arguments.value()?.string()?,
            Long("identifier") => identifiers.push(identifier(&arguments.value()?.string()?)?),
            Long("record") => records.push(record(&arguments.value()?.string()?)?),
            Long("certificate-name") => {
                options.certificate_names.push(arguments.value()?.string()?);
            }
            Long("not-before") => options.not_before = arguments.value()?.parse()?,
            Long("not-after") => options.not_after = arguments.value()?.parse()?,
            Long("tls12") => options.only_tls12 = true,
            Long("calls-a-minute") => options.api.calls_a_minute = arguments.value()?.parse()?,
            Long("badsys-as-json") => options.badsys_as_json = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if options.directory.is_none() {
        return Err("serve needs --dir DIR".into());
    }
    if !zones.is_empty() {
        options.api.zones = zones;
    }
    if !identifiers.is_empty() {
        options.identifiers = identifiers;
    }
    if !records.is_empty() {
        options.records = records;
    }
    Ok((options, control))
}

/// `LOGIN:PASSWORD:SUBDOMAIN`; the password may have colons in it.
fn identifier(text: &str) -> Outcome<Identifier> {
    let (login, rest) = text.split_once(':').ok_or("not LOGIN:PASSWORD:SUBDOMAIN")?;
    let (password, sub_domain) = rest.rsplit_once(':').ok_or("not LOGIN:PASSWORD:SUBDOMAIN")?;
    Ok(Identifier::new(login, password, sub_domain))
}

fn record(text: &str) -> Outcome<(String, IpAddr)> {
    let (hostname, address) = text.split_once('=').ok_or("not HOSTNAME=IP")?;
    Ok((hostname.into(), address.parse()?))
}

/// ubusd with a netifd that knows what a file says; ends never.
fn serve_ubus(mut arguments: lexopt::Parser) -> Outcome<()> {
    let mut interfaces = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("interfaces") => interfaces = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let interfaces = interfaces.ok_or("ubusd needs --interfaces FILE")?;
    std::fs::create_dir_all("/var/run/ubus")?;
    // As ubusd does: what an earlier one has left is in its way.
    let _ = std::fs::remove_file(UBUS);
    for stream in UnixListener::bind(UBUS)?.incoming() {
        let (mut stream, interfaces) = (stream?, interfaces.clone());
        // A client that hangs up has what it wanted.
        std::thread::spawn(move || answer_ubus(&mut stream, &interfaces));
    }
    Ok(())
}

fn answer_ubus(stream: &mut UnixStream, interfaces: &Path) -> std::io::Result<()> {
    stream.write_all(&ubus::hello())?;
    loop {
        let (number, question) = ubus::question(stream)?;
        let text = std::fs::read_to_string(interfaces)?;
        let mut known = text.lines().filter_map(Interface::read);
        let answer = match question {
            Question::LookUp => ubus::found(),
            Question::Watchdog(_) => ubus::done(),
            Question::Status(name) => known
                .find(|interface| interface.name == name)
                .map_or_else(ubus::not_found, |interface| interface.answer()),
        };
        stream.write_all(&ubus::numbered(answer, number))?;
    }
}

fn ask_dns(mut arguments: lexopt::Parser) -> Outcome<()> {
    let (mut server, mut transport, mut words) = (None, Transport::Udp, Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dns") => server = Some(arguments.value()?.parse()?),
            Long("tcp") => transport = Transport::Tcp,
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let server = server.ok_or("ask needs --dns ADDR:PORT")?;
    let (hostname, family) = match words.as_slice() {
        [hostname, kind] if kind == "A" => (hostname, Family::Ipv4),
        [hostname, kind] if kind == "AAAA" => (hostname, Family::Ipv6),
        _ => return Err("ask needs NAME and A or AAAA".into()),
    };
    let answer = ask(server, transport, hostname, family)?;
    for (address, ttl) in &answer.addresses {
        say(format_args!("{address} {ttl}"))?;
    }
    if answer.addresses.is_empty() {
        return Err(format!("no address for {hostname}: {}", answer.code).into());
    }
    Ok(())
}

/// Sends the command to a running lab; options other than `--control` are the command's own.
fn command_lab(command: &OsString, mut arguments: lexopt::Parser) -> Outcome<()> {
    let mut words = vec![command.clone().string()?];
    let mut address = None;
    let mut raw = arguments.raw_args()?;
    while let Some(word) = raw.next() {
        match word.to_str() {
            Some("--control") => address = raw.next().map(parsed).transpose()?,
            _ => words.push(word.string()?),
        }
    }
    let address = address.ok_or("commands need --control ADDR:PORT")?;
    match control::send(address, &words)?.as_str() {
        "ok" => Ok(()),
        other => Err(other.trim_start_matches("error: ").into()),
    }
}

fn parsed<T: FromStr<Err: Error + 'static>>(word: OsString) -> Outcome<T> {
    Ok(word.string()?.parse()?)
}
