//! Standard error, so that no line said there can end the agent or keep it waiting.
//!
//! `simple_logger` writes by `eprintln!`, which panics where a write fails (a full disk, a reader
//! that has gone) and waits where a pipe is full. So descriptor 2 becomes a pipe of our own, which
//! has room for a line at any time, and what is in it is handed on to the inherited descriptor if
//! that can be done without waiting:
//!
//! ```text
//! log -> each_line -> simple_logger -> pipe -> Sink -> inherited standard error
//! ```
//!
//! What cannot be handed on is dropped and counted; the next line that gets through is preceded by
//! one that tells how many were.
//!
//! procd gives a line its severity by where it comes from: standard output is `info`, standard
//! error is `err`. Where [`SPLIT`] says so, what is no warning goes to standard output, which `run`
//! has no other use for. There is no `/dev/log` in this: in a jail it would be that of a logd that
//! may have been restarted since.

use std::fmt;
use std::fs::{File, FileType};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::panic;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use log::{Level, LevelFilter, Log, Metadata, Record};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use rustix::pipe::{PipeFlags, pipe_with};
use simple_logger::SimpleLogger;

use super::poll::{output, poll};
use crate::LOG;
use crate::text::each_line;

/// Bytes of a line; a pipe of one page has room for it, its level and the line about lost ones.
const LINE_MAX: usize = 2048;
/// `PIPE_BUF` on Linux: so much goes into a pipe whole or not at all.
const CHUNK: usize = 4096;

/// Environment variable; `split` is for procd, see above.
pub const SPLIT: &str = "DYNHOST_LOG";

static SINK: OnceLock<Mutex<Sink>> = OnceLock::new();

/// Puts the pipe in the place of standard error, and the logger before it, silent until
/// [`log::set_max_level`]. Where there can be no pipe, nothing is logged.
pub fn open() {
    let Ok(sink) = Sink::open() else { return };
    if SINK.set(Mutex::new(sink)).is_err() {
        return;
    }
    // The libraries' own debug lines hold requests; only ours are known to hold no secret.
    let simple =
        SimpleLogger::new().with_level(LevelFilter::Off).with_module_level(LOG, LevelFilter::Debug);
    let _ = log::set_boxed_logger(Box::new(Logger(simple)));
    // std's own would write into the pipe, and what comes after it is the end.
    panic::set_hook(Box::new(|panic| {
        each_line(format_args!("dynhost: {panic}"), LINE_MAX, &mut |line| {
            // Who panics may hold the lock; then this line is lost with the process.
            if let Some(Ok(mut sink)) = SINK.get().map(Mutex::try_lock) {
                sink.errors.write(format!("{line}\n").as_bytes());
            }
        });
    }));
}

/// Says something without a level: the sentence that the process ends with.
pub fn say(sentence: fmt::Arguments<'_>) {
    each_line(sentence, LINE_MAX, &mut |line| {
        let line = format!("{line}\n");
        match SINK.get() {
            Some(sink) => lock(sink).errors.write(line.as_bytes()),
            None => {
                let _ = put(&std::io::stderr(), line.as_bytes());
            }
        }
    });
}

struct Logger(SimpleLogger);

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata())
            && let Some(sink) = SINK.get()
        {
            // Each line by itself, so that none of them can pass for another level's.
            each_line(*record.args(), LINE_MAX, &mut |line| {
                lock(sink).log(&self.0, record.level(), line);
            });
        }
    }

    fn flush(&self) {}
}

fn lock(sink: &Mutex<Sink>) -> MutexGuard<'_, Sink> {
    sink.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is said, on its way to where it goes.
struct Sink {
    /// Its other end is descriptor 2.
    pipe: OwnedFd,
    /// The inherited standard error.
    errors: Outlet,
    /// Where lines that are no warning go, if not there.
    others: Option<Outlet>,
}

impl Sink {
    fn open() -> Result<Self, Errno> {
        let (pipe, end) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let errors = Outlet::open(&std::io::stderr())?;
        let is_split = std::env::var_os(SPLIT).is_some_and(|value| value == "split");
        let others = is_split.then(|| Outlet::open(&std::io::stdout())).transpose()?;
        rustix::stdio::dup2_stderr(end)?;
        Ok(Self { pipe, errors, others })
    }

    fn log(&mut self, simple: &SimpleLogger, level: Level, line: &str) {
        let outlet = match &mut self.others {
            Some(others) if level > Level::Warn => others,
            _ => &mut self.errors,
        };
        if outlet.lost > 0 {
            let lost = outlet.lost;
            let notice = format_args!("{lost} lines of this log were lost: they found no taker");
            write_by(simple, Level::Warn, notice);
        }
        write_by(simple, level, format_args!("{line}"));
        // Empties the pipe.
        let mut chunk = [0; CHUNK];
        while let Ok(length @ 1..) = rustix::io::read(&self.pipe, &mut chunk) {
            outlet.write(chunk.get(..length).unwrap_or_default());
        }
    }
}

/// A descriptor that is written to without waiting.
struct Outlet {
    real: OwnedFd,
    lost: u64,
    /// The last line got through in part.
    torn: bool,
}

impl Outlet {
    fn open(inherited: &impl AsFd) -> Result<Self, Errno> {
        Ok(Self::new(patient(rustix::io::fcntl_dupfd_cloexec(inherited, 3)?)))
    }

    fn new(real: OwnedFd) -> Self {
        Self { real, lost: 0, torn: false }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.torn {
            self.torn = put(&self.real, b"\n") == 0;
        }
        let written = if self.torn { 0 } else { put(&self.real, bytes) };
        if written == bytes.len() {
            self.lost = 0;
        } else {
            self.lost += 1;
            self.torn |= written > 0;
        }
    }
}

fn write_by(simple: &SimpleLogger, level: Level, line: fmt::Arguments<'_>) {
    simple.log(&Record::builder().level(level).target(LOG).args(line).build());
}

/// The same pipe or terminal, opened anew so that a write never waits: the inherited descriptor
/// shares its flags with the parent, whose they are. A file has its place in it, which is the
/// parent's as well, and does not wait; a socket is told at each write.
fn patient(real: OwnedFd) -> OwnedFd {
    // Not rustix's: its fstat asks dlsym, which brings musl's printf along, 15 KB on MIPS.
    let real = File::from(real);
    let waits = |kind: FileType| kind.is_fifo() || kind.is_char_device();
    if !real.metadata().is_ok_and(|file| waits(file.file_type())) {
        return real.into();
    }
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", real.as_raw_fd());
    rustix::fs::open(path, flags, Mode::empty()).unwrap_or_else(|_| real.into())
}

/// How many of the bytes could be written at once.
fn put(real: &impl AsFd, bytes: &[u8]) -> usize {
    match send(real, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::NOTSOCK) => {}
        sent => return sent.unwrap_or(0),
    }
    // Where it could not be opened anew, a pipe that says so has room for this much.
    match poll(&mut [output(real)], Some(Duration::ZERO)) {
        Ok(1..) => rustix::io::write(real, bytes).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{PipeReader, Read as _, pipe};

    /// An outlet whose reader is given back.
    fn outlet() -> (Outlet, PipeReader) {
        let (reader, real) = pipe().expect("a pipe");
        (Outlet::new(patient(real.into())), reader)
    }

    fn taken(reader: &mut PipeReader, length: usize) -> String {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("so much was written");
        String::from_utf8(bytes).expect("ASCII")
    }

    #[test]
    fn what_finds_no_room_is_dropped_whole_and_counted() {
        let (mut outlet, mut reader) = outlet();
        let line = [b'x'; CHUNK];
        while outlet.lost == 0 {
            outlet.write(&line);
        }
        outlet.write(b"lost\n");
        assert_eq!((outlet.lost, outlet.torn), (2, false));
        taken(&mut reader, CHUNK);
        outlet.write(b"heard\n");
        assert_eq!(outlet.lost, 0);
    }

    #[test]
    fn a_line_that_got_through_in_part_is_ended_before_the_next() {
        let (mut outlet, mut reader) = outlet();
        // More than a pipe takes whole.
        outlet.write(&vec![b'x'; 1 << 17]);
        assert_eq!((outlet.lost, outlet.torn), (1, true));
        outlet.write(b"no room\n");
        assert_eq!((outlet.lost, outlet.torn), (2, true));
        taken(&mut reader, 1 << 16);
        outlet.write(b"heard\n");
        assert_eq!((outlet.lost, outlet.torn), (0, false));
        assert_eq!(taken(&mut reader, 7), "\nheard\n");
    }
}
