//! Short texts of bounded size for the state file, the log and the screen.

use core::fmt::{self, Write};

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
    fn a_text_is_one_line_and_cut_at_a_character() {
        assert_eq!(text(format_args!("a\nb\r\u{1b}[1m\u{2028}c")), "a b  [1m c");
        let long = "é".repeat(TEXT_MAX);
        assert_eq!(text(format_args!("{long}")).len(), TEXT_MAX);
        assert_eq!(text(format_args!("x{long}")).len(), TEXT_MAX - 1);
    }
}
