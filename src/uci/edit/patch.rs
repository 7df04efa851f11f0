//! Changes to bytes of a text, gathered first and applied in one go.

use std::ops::Range;

use super::quoted;
use super::scan::Command;

/// The text and what is to become of parts of it.
pub(super) struct Patches<'t> {
    text: &'t [u8],
    /// Ranges that do not overlap, and what stands in their place.
    patches: Vec<(Range<usize>, Vec<u8>)>,
}

impl<'t> Patches<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, patches: Vec::new() }
    }

    /// Another value in the place of the old one.
    pub(super) fn replace_value(&mut self, command: &Command, value: &str) {
        // Without a value, what follows the name is not part of the command.
        let blank = if command.value.is_empty() { " " } else { "" };
        let new = format!("{blank}{}", quoted(value));
        self.patches.push((command.value.clone(), new.into_bytes()));
    }

    /// Takes a command away, with its line if that holds nothing else; a comment stays.
    pub(super) fn remove(&mut self, command: &Command) {
        let indented = self.line_start(command);
        let rest = self.text.get(command.end..command.next).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let alone = rest.get(blanks).map_or(command.next == self.text.len(), |b| *b == b'\n');
        let range = match indented {
            Some(start) if alone => start..self.text.len().min(command.end + blanks + 1),
            _ => command.start..command.end,
        };
        self.patches.push((range, Vec::new()));
    }

    /// Adds lines behind the line of this command, indented like it.
    pub(super) fn insert_after(&mut self, command: &Command, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let (at, shares_line) = self.line_end(command);
        let indent = self.indent(command);
        let eol = eol(self.text);
        let mut new = Vec::new();
        if at == self.text.len() && self.text.ends_with(b"\\") {
            // The backslash joins its line with the next one, so let that be an empty one.
            new.extend_from_slice(eol);
        }
        for line in lines {
            new.extend_from_slice(eol);
            new.extend_from_slice(&indent);
            new.extend_from_slice(line.as_bytes());
        }
        if shares_line {
            new.extend_from_slice(eol);
        }
        self.patches.push((at..at, new));
    }

    /// Lines in the place of a command, indented like it.
    pub(super) fn replace(&mut self, command: &Command, lines: &[String]) {
        let mut separator = eol(self.text).to_vec();
        separator.extend_from_slice(&self.indent(command));
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        self.patches.push((command.start..command.end, lines.join(&separator[..])));
    }

    /// The new text.
    pub(super) fn apply(mut self) -> Vec<u8> {
        self.patches.sort_unstable_by_key(|(range, _)| range.start);
        let mut new = Vec::with_capacity(self.text.len());
        let mut at = 0;
        for (range, bytes) in &self.patches {
            new.extend_from_slice(self.text.get(at..range.start).unwrap_or_default());
            new.extend_from_slice(bytes);
            at = at.max(range.end);
        }
        new.extend_from_slice(self.text.get(at..).unwrap_or_default());
        new
    }

    /// The start of the command's line, if only blanks stand before it.
    ///
    /// A newline that a backslash joins does not end a line: what stands behind it belongs to the
    /// command before.
    fn line_start(&self, command: &Command) -> Option<usize> {
        let before = self.text.get(..command.start).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let joined = before.get(..start.saturating_sub(1)).unwrap_or_default();
        let joined = joined.strip_suffix(b"\r").unwrap_or(joined).ends_with(b"\\");
        (!joined && before.get(start..)?.iter().all(blank)).then_some(start)
    }

    /// Where the command's line ends, before its terminator; `true` if another one shares it.
    fn line_end(&self, command: &Command) -> (usize, bool) {
        let rest = self.text.get(command.end..command.next).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(length) => {
                let line = rest.get(..length).unwrap_or_default();
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                (command.end + line.len(), false)
            }
            None if command.next == self.text.len() => (self.text.len(), false),
            None => (command.end, true),
        }
    }

    /// The blanks before a command that begins its line; a tab for those of a `config` line.
    fn indent(&self, command: &Command) -> Vec<u8> {
        let blanks = self.line_start(command).and_then(|at| self.text.get(at..command.start));
        match blanks {
            Some(blanks) if command.verb != super::Verb::Config => blanks.to_vec(),
            _ => b"\t".to_vec(),
        }
    }
}

/// The text with lines at its end, an empty line before them.
pub(super) fn append(text: &[u8], lines: &[String]) -> Vec<u8> {
    let eol = eol(text);
    let mut new = text.to_vec();
    if !text.is_empty() {
        if !text.ends_with(b"\n") {
            new.extend_from_slice(eol);
        }
        if !text.ends_with(b"\n\n") && !text.ends_with(b"\n\r\n") {
            new.extend_from_slice(eol);
        }
    }
    for line in lines {
        new.extend_from_slice(line.as_bytes());
        new.extend_from_slice(eol);
    }
    new
}

/// How the text ends its lines, by its first one.
fn eol(text: &[u8]) -> &'static [u8] {
    let first = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.ends_with(b"\r\n") { b"\r\n" } else { b"\n" }
}
