//! What JSON must not be before it is read, and texts as it has them.

#[cfg(any(feature = "doctor", feature = "rpcd"))]
use core::fmt::Write as _;

/// Levels that anything read here has at most; what it has really is four.
const MAX_DEPTH: usize = 16;

/// Whether objects and arrays are nested too deep to be read.
///
/// serde-json-core goes one call deeper for each level, also of fields that nobody asked for, so
/// that a file of nothing but brackets would use up the stack.
#[must_use]
pub(crate) fn is_too_deep(text: &[u8]) -> bool {
    let (mut open, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => open += 1,
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// A string (RFC 8259, section 7) of ASCII alone: what is not printable cannot shape anything on
/// its way.
#[cfg(any(feature = "doctor", feature = "rpcd"))]
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            json.push('\\');
        }
        if c.is_ascii() && !c.is_ascii_control() {
            json.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(json, "\\u{unit:04x}");
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_where_they_open_something() {
        let rows = [
            ("[".repeat(16), false),
            ("[".repeat(17), true),
            ("{\"a\":".repeat(17), true),
            ("[]".repeat(99), false),
            (format!("\"{}\"", "[".repeat(99)), false),
            (format!("\"\\\"{}\"", "{".repeat(99)), false),
            (format!("\"\\\\\"{}", "{".repeat(17)), true),
            (String::new(), false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_too_deep(text.as_bytes()), expected, "{text}");
        }
    }
}
