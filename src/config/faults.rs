//! What is wrong with a configuration, collected while it is read.

use std::fmt;

use crate::text::Printable;

/// Something wrong in the configuration, shown as `FILE:LINE: what, and what is allowed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// The line it was found on, from 1; 0 if it concerns the whole file.
    pub line: u32,
    /// What is wrong and what is allowed; lower case, no trailing dot.
    pub text: String,
    /// How far it reaches.
    pub severity: Severity,
}

/// How far a [`Fault`] reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Syntax: nothing of the file can be used.
    File,
    /// Takes one host out.
    Host,
    /// Changes nothing but is probably not meant.
    Warning,
}

impl Fault {
    /// A fault that changes nothing, such as a file mode; line 0 for the whole file.
    #[must_use]
    pub fn warning(file: &str, line: u32, text: String) -> Self {
        Self { file: file.to_owned(), line, text, severity: Severity::Warning }
    }

    /// A fault that leaves nothing to be used, such as an unreadable file; line 0 for all of it.
    #[must_use]
    pub fn of_file(file: &str, line: u32, text: String) -> Self {
        Self { file: file.to_owned(), line, text, severity: Severity::File }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, text) = (Printable(&self.file), Printable(&self.text));
        match self.line {
            0 => write!(f, "{file}: {text}"),
            line => write!(f, "{file}:{line}: {text}"),
        }
    }
}

/// The faults found so far.
pub(super) struct Faults<'a> {
    file: &'a str,
    /// Whether every line could be read: only then does what is missing count.
    pub(super) complete: bool,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self { file, complete: true, found: Vec::new() }
    }

    pub(super) fn push(&mut self, severity: Severity, line: u32, text: String) {
        self.found.push(Fault { file: self.file.to_owned(), line, text, severity });
    }

    /// A fault about something missing; nothing is missing for sure in a file with syntax faults.
    pub(super) fn missing(&mut self, line: u32, text: String) {
        if self.complete {
            self.push(Severity::Host, line, text);
        }
    }

    /// How many there are, to ask later for those [`Faults::since`].
    pub(super) fn mark(&self) -> usize {
        self.found.len()
    }

    /// The first fault in the order of the file that was found since then and is no warning.
    pub(super) fn since(&self, mark: usize) -> Option<&Fault> {
        let found = self.found.iter().skip(mark);
        found.filter(|fault| fault.severity != Severity::Warning).min_by_key(|fault| fault.line)
    }

    /// All of them, in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| fault.line);
        self.found
    }
}
