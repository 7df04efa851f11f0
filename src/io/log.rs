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
//! one that tells how many were. [`Logger`] knows the level of a line and is the place to send it
//! elsewhere.

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
                sink.write(format!("{line}\n").as_bytes());
            }
        });
    }));
}

/// Says something without a level: the sentence that the process ends with.
pub fn say(sentence: fmt::Arguments<'_>) {
    each_line(sentence, LINE_MAX, &mut |line| {
        let line = format!("{line}\n");
        match SINK.get() {
            Some(sink) => lock(sink).write(line.as_bytes()),
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

/// The inherited standard error, and the pipe that stands before it.
struct Sink {
    real: OwnedFd,
    /// Its other end is descriptor 2.
    pipe: OwnedFd,
    lost: u64,
    /// The last line got through in part.
    torn: bool,
}

impl Sink {
    fn open() -> Result<Self, Errno> {
        let (pipe, end) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let stderr = std::io::stderr();
        let real = rustix::io::fcntl_dupfd_cloexec(&stderr, 3)?;
        rustix::stdio::dup2_stderr(end)?;
        Ok(Self::new(patient(real), pipe))
    }

    fn new(real: OwnedFd, pipe: OwnedFd) -> Self {
        Self { real, pipe, lost: 0, torn: false }
    }

    fn log(&mut self, simple: &SimpleLogger, level: Level, line: &str) {
        if self.lost > 0 {
            let lost = self.lost;
            let notice = format_args!("{lost} lines of this log were lost: they found no taker");
            write_by(simple, Level::Warn, notice);
        }
        write_by(simple, level, format_args!("{line}"));
        self.hand_on();
    }

    /// Empties the pipe.
    fn hand_on(&mut self) {
        let mut chunk = [0; CHUNK];
        while let Ok(length @ 1..) = rustix::io::read(&self.pipe, &mut chunk) {
            self.write(chunk.get(..length).unwrap_or_default());
        }
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

    /// A sink whose reader is given back, and what fills its pipe.
    fn sink() -> (Sink, PipeReader) {
        let (reader, real) = pipe().expect("a pipe");
        let (pipe, _) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).expect("a pipe");
        (Sink::new(patient(real.into()), pipe), reader)
    }

    fn taken(reader: &mut PipeReader, length: usize) -> String {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("so much was written");
        String::from_utf8(bytes).expect("ASCII")
    }

    #[test]
    fn what_finds_no_room_is_dropped_whole_and_counted() {
        let (mut sink, mut reader) = sink();
        let line = [b'x'; CHUNK];
        while sink.lost == 0 {
            sink.write(&line);
        }
        sink.write(b"lost\n");
        assert_eq!((sink.lost, sink.torn), (2, false));
        taken(&mut reader, CHUNK);
        sink.write(b"heard\n");
        assert_eq!(sink.lost, 0);
    }

    #[test]
    fn a_line_that_got_through_in_part_is_ended_before_the_next() {
        let (mut sink, mut reader) = sink();
        // More than a pipe takes whole.
        sink.write(&vec![b'x'; 1 << 17]);
        assert_eq!((sink.lost, sink.torn), (1, true));
        sink.write(b"no room\n");
        assert_eq!((sink.lost, sink.torn), (2, true));
        taken(&mut reader, 1 << 16);
        sink.write(b"heard\n");
        assert_eq!((sink.lost, sink.torn), (0, false));
        assert_eq!(taken(&mut reader, 7), "\nheard\n");
    }
}
