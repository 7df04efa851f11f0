//! What may be shown: printable characters in lines of bounded size, for the state file, the log
//! and the screen.
//!
//! One rule for whatever comes from outside (a provider, a program, a device's name, a command
//! line): a character that is not printable is written as Rust writes it in a literal, `\u{202e}`,
//! so that the reader sees that it was there and the terminal does not obey it. That is every
//! control and format character (ESC, C1, the bidirectional and the invisible ones), every blank
//! but the usual one, what ends a line, combining marks, private use, and what Unicode has not
//! assigned yet.

use core::fmt::{self, Write};

use crate::Time;

/// Capacity of a [`Text`] in bytes: two lines of a terminal.
pub const TEXT_MAX: usize = 240;

/// A sentence for a person: one printable line, cut at [`TEXT_MAX`] bytes.
pub type Text = heapless::String<TEXT_MAX>;

/// Formats into a [`Text`]: what is not printable is escaped, what does not fit is cut off.
#[must_use]
pub fn text(content: fmt::Arguments<'_>) -> Text {
    let mut line = Line(Text::new());
    // An error means that the text is full: the cut sentence is what is wanted.
    let _ = line.write_fmt(content);
    line.0
}

/// Whether a character shows itself and does nothing else to a terminal or to its neighbours.
#[must_use]
pub fn is_printable(c: char) -> bool {
    // The tables of Unicode are behind the escapes of std, and nowhere else in it.
    if c.is_ascii() { matches!(c, ' '..='~') } else { c.escape_debug().len() == 1 }
}

/// A text as it may be shown.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| show(c, &mut |c| f.write_char(c)))
    }
}

/// A name as it may be shown where there is no room for an escape: `?` stands for what is not
/// printable.
#[must_use]
pub fn name<const N: usize>(name: &heapless::String<N>) -> heapless::String<N> {
    name.chars().map(|c| if is_printable(c) { c } else { '?' }).collect()
}

/// A text of several lines as it may be shown; `kept` are the characters that shape it.
#[must_use]
pub fn shaped(content: &str, kept: &[char]) -> String {
    let mut shown = String::with_capacity(content.len());
    for c in content.chars() {
        if kept.contains(&c) {
            shown.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = show(c, &mut |c| shown.write_char(c));
        }
    }
    shown
}

/// Hands each line of `content` to `each`: printable, and cut at `max` bytes.
pub fn each_line(content: fmt::Arguments<'_>, max: usize, each: &mut dyn FnMut(&str)) {
    let mut lines = Lines { line: String::new(), max, each };
    // Only what is formatted can fail, and then what came of it is handed on.
    let _ = lines.write_fmt(content);
    lines.end();
}

struct Lines<'a> {
    line: String,
    max: usize,
    each: &'a mut dyn FnMut(&str),
}

impl Lines<'_> {
    fn end(&mut self) {
        (self.each)(&self.line);
        self.line.clear();
    }
}

impl Write for Lines<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for c in part.chars() {
            if c == '\n' {
                self.end();
            } else if self.line.len() + MAX_ESCAPE <= self.max {
                show(c, &mut |c| self.line.write_char(c))?;
            }
        }
        Ok(())
    }
}

/// Bytes of the longest escape, `\u{10ffff}`.
const MAX_ESCAPE: usize = 10;

/// Hands `c`, or the characters of its escape, to `push`.
fn show(c: char, push: &mut dyn FnMut(char) -> fmt::Result) -> fmt::Result {
    if is_printable(c) { push(c) } else { c.escape_default().try_for_each(push) }
}

/// A span of time as a person says it, in its two largest units at most: `2 h 5 min`.
#[must_use]
pub fn span(seconds: Time) -> Text {
    const UNITS: [(Time, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(worth, _)| seconds >= *worth).unwrap_or(3);
    let (worth, unit) = UNITS[first];
    let (whole, rest) = (seconds / worth, seconds % worth);
    match UNITS.get(first + 1) {
        Some((worth, smaller)) if rest >= *worth => {
            text(format_args!("{whole} {unit} {} {smaller}", rest / worth))
        }
        Some(_) | None => text(format_args!("{whole} {unit}")),
    }
}

struct Line(Text);

impl Write for Line {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let mut push = |c| self.0.push(c).map_err(|_| fmt::Error);
        part.chars().try_for_each(|c| show(c, &mut push))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_two_units_at_most() {
        let rows = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min 59 s"),
            (7505, "2 h 5 min"),
            (86_400 + 59, "1 d"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, said) in rows {
            assert_eq!(span(seconds), said);
        }
    }

    #[test]
    fn a_text_is_one_line_and_cut_at_a_character() {
        assert_eq!(text(format_args!("a\nb\r\u{1b}[1m\u{2028}c")), "a\\nb\\r\\u{1b}[1m\\u{2028}c");
        let long = "é".repeat(TEXT_MAX);
        assert_eq!(text(format_args!("{long}")).len(), TEXT_MAX);
        assert_eq!(text(format_args!("x{long}")).len(), TEXT_MAX - 1);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_or_a_reader_cannot_see_is_shown() {
        let hidden = [
            '\0',
            '\t',
            '\n',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{300}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3000}',
            '\u{e000}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{ffff}',
            '\u{e0001}',
            '\u{10ffff}',
        ];
        for c in hidden {
            let escaped = c.escape_default().to_string();
            assert_eq!(text(format_args!("{c}")), escaped.as_str());
            assert_eq!(Printable(&c.to_string()).to_string(), escaped);
            assert_eq!(shaped(&format!("a{c}"), &[]), format!("a{escaped}"));
            assert!(escaped.len() <= MAX_ESCAPE);
        }
        for shown in [" ~a\"\\'", "\u{e9}", "\u{20ac}", "\u{65e5}\u{672c}", "\u{1f511}"] {
            assert_eq!(Printable(shown).to_string(), shown);
        }
        assert_eq!(shaped("a\tb\n\r", &['\t', '\n']), "a\tb\n\\r");
        let device = heapless::String::<15>::try_from("a\u{202e}b\u{1b}").expect("short");
        assert_eq!(name(&device), "a?b?");
    }

    #[test]
    fn lines_are_handed_on_one_by_one_and_cut() {
        let lines_of = |content: &str| {
            let mut lines = Vec::new();
            each_line(format_args!("{content}"), 20, &mut |line| lines.push(line.to_owned()));
            lines
        };
        assert_eq!(lines_of("one\ntwo\u{1b}"), ["one", "two\\u{1b}"]);
        assert_eq!(lines_of("").len(), 1);
        for long in ["x".repeat(1000), "\u{10ffff}".repeat(1000)] {
            let lines = lines_of(&long);
            assert!(lines.len() == 1 && (11..=20).contains(&lines[0].len()), "{lines:?}");
        }
    }
}
