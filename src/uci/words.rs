//! UCI text -> words: quotes, escapes, comments and joined lines, as libuci reads them.

use std::borrow::Cow;

use super::{MAX_WORD, SyntaxFault};

/// One word of a command; borrowed from the text unless it is put together from several parts.
pub(super) struct Word<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where it starts.
    pub(super) line: u32,
    /// The byte it starts at; [`Cursor::at`] is then the one behind it.
    pub(super) start: usize,
}

impl<'a> Word<'a> {
    /// The word as text, or the fault that it is not UTF-8.
    pub(super) fn text(self) -> Result<Cow<'a, str>, SyntaxFault> {
        let text = match self.bytes {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        text.ok_or_else(|| {
            SyntaxFault::new(self.line, "this text is not UTF-8, save the file as UTF-8")
        })
    }

    /// The word as a name, `[A-Za-z0-9_]*`.
    pub(super) fn name(self) -> Option<Cow<'a, str>> {
        let legal = self.bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if legal { self.text().ok() } else { None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn push(&mut self, part: &'a [u8]) {
        if self.bytes.is_empty() {
            self.bytes = Cow::Borrowed(part);
        } else if !part.is_empty() {
            self.bytes.to_mut().extend_from_slice(part);
        }
    }
}

/// A place in the text.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    /// The byte of that place, from 0.
    pub(super) at: usize,
    /// The line of that place, from 1.
    pub(super) line: u32,
    /// The line of the last word that a comment directly behind it ended.
    pub(super) cut: Option<u32>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1, cut: None }
    }

    /// Moves to the first word of the next command; `false` at the end of the text.
    pub(super) fn next_command(&mut self) -> bool {
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return false,
                Some(b'\n') => self.step(),
                Some(b'#') => self.skip_line(),
                Some(_) => return true,
            }
        }
    }

    /// The first word of a command, which takes neither quotes nor escapes.
    pub(super) fn keyword(&mut self) -> &'a [u8] {
        self.run(&|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
    }

    /// The next word of this command, `None` at its end.
    pub(super) fn word(&mut self) -> Result<Option<Word<'a>>, SyntaxFault> {
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n') => return Ok(None),
            Some(b'#') => {
                self.skip_line();
                return Ok(None);
            }
            Some(_) => {}
        }
        let start = self.at;
        let mut word = Word { bytes: Cow::Borrowed(&[]), line: self.line, start };
        while let Some(byte) = self.peek() {
            match byte {
                b if is_blank(b) || b == b'\n' => break,
                b'#' => {
                    self.cut = Some(self.line);
                    break;
                }
                b';' => return Err(SyntaxFault::new(self.line, SEMICOLON)),
                b'\'' | b'"' => self.quoted(byte, &mut word, start)?,
                b'\\' => self.escaped(&mut word),
                _ => word.push(self.run(&ends_bare)),
            }
        }
        if word.bytes.len() > MAX_WORD {
            let text = format!("a word of {} bytes, allowed are {MAX_WORD}", word.bytes.len());
            return Err(SyntaxFault { line: word.line, text });
        }
        Ok(Some(word))
    }

    /// Moves to the end of the line, quotes or not: where reading goes on after a fault.
    pub(super) fn skip_line(&mut self) {
        self.run(&|b| b == b'\n');
    }

    /// `'...'` takes everything as it is; in `"..."` a backslash protects the next character.
    fn quoted(&mut self, quote: u8, word: &mut Word<'a>, start: usize) -> Result<(), SyntaxFault> {
        let opened = self.line;
        self.step();
        loop {
            word.push(self.run(&|b| b == quote || (b == b'\\' && quote == b'"')));
            match self.peek() {
                None => break,
                Some(b'\\') => self.escaped(word),
                Some(_) => {
                    self.step();
                    return Ok(());
                }
            }
        }
        self.at = start;
        self.line = word.line;
        let text = if opened == word.line {
            String::from("the quote opened here is never closed")
        } else {
            format!(
                "the quote opened here is never closed, or one is missing where the word begins, \
                 on line {}",
                word.line
            )
        };
        Err(SyntaxFault { line: opened, text })
    }

    /// `\x` is x, a backslash at the end of a line joins it with the next one.
    fn escaped(&mut self, word: &mut Word<'a>) {
        self.step();
        match self.text.get(self.at..) {
            Some([b'\n', ..]) => self.step(),
            Some([b'\r', b'\n', ..]) => {
                self.step();
                self.step();
            }
            Some([_, ..]) => {
                word.push(self.text.get(self.at..=self.at).unwrap_or_default());
                self.step();
            }
            _ => {}
        }
    }

    /// Everything up to the first byte that ends it, with the lines counted.
    fn run(&mut self, ends: &dyn Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut length = 0;
        for byte in rest.iter().take_while(|byte| !ends(**byte)) {
            length += 1;
            self.line += u32::from(*byte == b'\n');
        }
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.run(&|b| !is_blank(b));
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        self.line += u32::from(self.peek() == Some(b'\n'));
        self.at += 1;
    }
}

const SEMICOLON: &str = "';' joins commands, which is not read here: write one command per line, \
                         and put a value with ';' in quotes";

/// C's `isspace` without the newline; the carriage return in it is what tolerates CRLF.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

fn ends_bare(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | b'#' | b';' | b'\'' | b'"' | b'\\')
}
