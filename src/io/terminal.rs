//! The user at a terminal: questions, passwords that are not shown, a line that moves.
//!
//! All by standard output: standard error is a pipe of our own (`super::log`).

use std::fmt;
use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::text::{Printable, shaped};

/// Longest answer, in bytes.
const ANSWER_MAX: u64 = 512;
const INTERRUPT: u8 = 3;
const END: u8 = 4;
const ERASE: [u8; 2] = [8, 127];

/// Whether somebody can be asked.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The next line of standard input, after this question if it is a terminal's; without its end.
///
/// # Errors
/// [`ErrorKind::UnexpectedEof`] if there is none.
pub fn line(question: &str) -> io::Result<String> {
    if can_ask() {
        ask(question);
    }
    let mut line = String::new();
    io::stdin().lock().take(ANSWER_MAX).read_line(&mut line)?;
    if line.is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The same, and what is typed is not shown.
///
/// # Errors
/// [`ErrorKind::Interrupted`] after Ctrl-C, and as above.
pub fn secret(question: &str) -> io::Result<String> {
    if !can_ask() {
        return line(question);
    }
    // Before the question: whoever sees it may type at once.
    let hidden = Hidden::new()?;
    ask(question);
    let typed = typed();
    drop(hidden);
    ask("\n");
    typed
}

/// Shows a question, in front of what is typed.
fn ask(question: &str) {
    let mut stdout = io::stdout().lock();
    // If nobody reads it, the answer, or its lack, will tell.
    let _ = stdout.write_all(shaped(question, &['\n']).as_bytes()).and_then(|()| stdout.flush());
}

/// Key by key: Ctrl-C as a signal would leave the terminal without echo.
fn typed() -> io::Result<String> {
    let (mut stdin, mut key, mut line) = (io::stdin().lock(), [0], Vec::new());
    loop {
        if stdin.read(&mut key)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        match key[0] {
            b'\r' | b'\n' => break,
            INTERRUPT => return Err(ErrorKind::Interrupted.into()),
            END if line.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
            byte if ERASE.contains(&byte) => {
                line.pop();
            }
            byte if line.len() < 512 => line.push(byte),
            _ => {}
        }
    }
    String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into())
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// A line on standard output that is written over by the next one; nothing where no terminal is.
#[derive(Debug)]
pub struct Progress {
    is_shown: bool,
    width: usize,
}

impl Progress {
    /// Nothing is shown yet.
    #[must_use]
    pub fn new() -> Self {
        Self { is_shown: io::stdout().is_terminal(), width: 0 }
    }

    /// Shows this in the place of what was shown before.
    pub fn show(&mut self, content: fmt::Arguments<'_>) {
        if !self.is_shown {
            return;
        }
        let text = Printable(&content.to_string()).to_string();
        let width = text.chars().count();
        let blanks = " ".repeat(self.width.saturating_sub(width));
        let mut stdout = io::stdout().lock();
        let _ = write!(stdout, "\r{text}{blanks}").and_then(|()| stdout.flush());
        self.width = width;
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// The line is wiped, as what follows says how it ended.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.width > 0 {
            let mut stdout = io::stdout().lock();
            let blanks = " ".repeat(self.width);
            let _ = write!(stdout, "\r{blanks}\r").and_then(|()| stdout.flush());
        }
    }
}
