//! Short texts of bounded size for the state file, the log and the screen.

use core::fmt::{self, Write};

use crate::Time;

/// Capacity of a [`Text`] in bytes: two lines of a terminal.
pub const TEXT_MAX: usize = 240;

/// A sentence for a person: one line, no control characters, cut at [`TEXT_MAX`] bytes.
pub type Text = heapless::String<TEXT_MAX>;

/// Formats into a [`Text`]: control characters become blanks, what does not fit is cut off.
#[must_use]
pub fn text(content: fmt::Arguments<'_>) -> Text {
    let mut line = Line(Text::new());
    // An error means that the text is full: the cut sentence is what is wanted.
    let _ = line.write_fmt(content);
    line.0
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
        for c in part.chars() {
            // U+2028, U+2029 and U+0085 end a line for some terminals and log viewers.
            let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            self.0.push(if breaks { ' ' } else { c }).map_err(|_| fmt::Error)?;
        }
        Ok(())
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
        assert_eq!(text(format_args!("a\nb\r\u{1b}[1m\u{2028}c")), "a b  [1m c");
        let long = "é".repeat(TEXT_MAX);
        assert_eq!(text(format_args!("{long}")).len(), TEXT_MAX);
        assert_eq!(text(format_args!("x{long}")).len(), TEXT_MAX - 1);
    }
}
