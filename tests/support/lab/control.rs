//! The lab's faults as words, so that another process can ask for them over TCP.
//!
//! A request is one line of words with tabs between them; the answer is `ok` or `error: ` and a
//! sentence.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::str::FromStr;
use std::time::Duration;

use super::Lab;
use super::api::KeyState;
use super::certificates::Wrong;
use super::dns::DnsMode;
use super::fault::{Fault, Planned};
use super::reply::Reply;

/// Every command, for a usage message.
pub const COMMANDS: &str = "\
clear                      nothing is wrong any more, everything listens and answers
fault FAULT [--login L] [--times N]
  word TEXT | status CODE [TEXT [HEADER VALUE]] | redirect URL | wrong-echo IP | delay MS
  hang | hang-accept | half-header | chunked | ended-by-close | big-body | html503 | html200
  unauthorized | close-before-reply | apply-silently
  untrusted | expired | not-yet-valid | other-name
close | open               refuse HTTPS connections; accept them again
dns answering|silent|refused|lagging [N]      the Nth name server from 1, or all
record HOSTNAME IP         creates or overwrites a record
plain HOSTNAME KIND TARGET [TTL]              adds a record that is none of DynHost
credential KEY|last STATE  pendingValidation|validated|refused|expired
rights METHOD PATH...      all that the first consumer key and the service account may do
clock SECONDS              the API's clock is so far ahead";

/// How long a client of this port may take for its line, and to read its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Obeys the next `count` commands that arrive at `listener`, one connection for each.
pub fn serve(listener: &TcpListener, lab: &Lab, count: usize) -> io::Result<()> {
    for _ in 0..count {
        let (stream, _) = listener.accept()?;
        // A client that breaks off has its reasons; the next one may do better.
        let _ = obey_one(&stream, lab);
    }
    Ok(())
}

/// Sends a command to a lab and returns its answer.
pub fn send(control: SocketAddr, words: &[String]) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&control, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all((words.join("\t") + "\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}

fn obey_one(mut stream: &TcpStream, lab: &Lab) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let words: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
    let answer = match obey(&words, lab) {
        Ok(()) => String::from("ok\n"),
        Err(sentence) => format!("error: {sentence}\n"),
    };
    stream.write_all(answer.as_bytes())
}

/// Does what the words say.
pub fn obey(words: &[&str], lab: &Lab) -> Result<(), String> {
    match words {
        ["clear"] => {
            lab.clear_faults();
            lab.set_dns(DnsMode::Answering);
            lab.open();
        }
        ["close"] => lab.close(),
        ["open"] => lab.open(),
        ["dns", mode] => lab.set_dns(dns_mode(mode)?),
        ["dns", mode, number] => {
            let number: usize = value(number)?;
            let all = 1..=lab.dns_addresses().len();
            let index = all.contains(&number).then(|| number - 1);
            lab.set_dns_at(index.ok_or("there is no such name server")?, dns_mode(mode)?);
        }
        ["plain", hostname, kind, target] => {
            lab.add_plain(hostname, (kind, target), 0);
        }
        ["plain", hostname, kind, target, ttl] => {
            lab.add_plain(hostname, (kind, target), value(ttl)?);
        }
        ["credential", key, state] => {
            let state = KeyState::of_word(state).ok_or("there is no such state")?;
            lab.account().set_key(key, state)?;
        }
        ["rights", rights @ ..] => {
            let pairs = rights.chunks_exact(2).map(|pair| (pair[0], pair[1]));
            lab.account().set_rights(&pairs.collect::<Vec<_>>());
        }
        ["clock", seconds] => lab.account().set_clock_ahead(value(seconds)?),
        ["record", hostname, address] => lab.set_record(hostname, value(address)?),
        ["fault", words @ ..] => lab.plan(planned(words)?),
        _ => return Err(format!("unknown command: {}", words.join(" "))),
    }
    Ok(())
}

fn dns_mode(word: &str) -> Result<DnsMode, String> {
    match word {
        "answering" => Ok(DnsMode::Answering),
        "silent" => Ok(DnsMode::Silent),
        "refused" => Ok(DnsMode::Refused),
        "lagging" => Ok(DnsMode::Lagging),
        other => Err(format!("unknown behaviour of a name server: {other}")),
    }
}

fn planned(words: &[&str]) -> Result<Planned, String> {
    let (mut login, mut times, mut rest) = (None, None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut argument = || words.next().ok_or(format!("{word} needs a value"));
        match *word {
            "--login" => login = Some((*argument()?).to_owned()),
            "--times" => times = Some(value(argument()?)?),
            other => rest.push(other),
        }
    }
    Ok(Planned { fault: fault(&rest)?, login, times })
}

fn fault(words: &[&str]) -> Result<Fault, String> {
    Ok(match words {
        ["word", text] => Fault::Word((*text).into()),
        ["status", code] => Fault::Reply(Reply::text(value(code)?, "")),
        ["status", code, text] => Fault::Reply(Reply::text(value(code)?, *text)),
        ["status", code, text, header, content] => {
            Fault::Reply(Reply::text(value(code)?, *text).with_header(header, content))
        }
        ["redirect", url] => Fault::Redirect((*url).into()),
        ["wrong-echo", address] => Fault::WrongEcho(value(address)?),
        ["delay", milliseconds] => Fault::Delay(Duration::from_millis(value(milliseconds)?)),
        ["hang"] => Fault::Hang,
        ["hang-accept"] => Fault::HangAccept,
        ["half-header"] => Fault::HalfHeader,
        ["chunked"] => Fault::Chunked,
        ["ended-by-close"] => Fault::EndedByClose,
        ["big-body"] => Fault::BigBody,
        ["html503"] => Fault::Html503,
        ["html200"] => Fault::Html200,
        ["unauthorized"] => Fault::Unauthorized,
        ["close-before-reply"] => Fault::CloseBeforeReply,
        ["apply-silently"] => Fault::ApplySilently,
        ["untrusted"] => Fault::Certificate(Wrong::Untrusted),
        ["expired"] => Fault::Certificate(Wrong::Expired),
        ["not-yet-valid"] => Fault::Certificate(Wrong::NotYetValid),
        ["other-name"] => Fault::Certificate(Wrong::OtherName),
        _ => return Err(format!("unknown fault: {}", words.join(" "))),
    })
}

fn value<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} does not fit here"))
}
