//! What a program that was started has said so far -> an answer of rpcd.
//!
//! ```text
//! output   what it printed; the last line may still be on its way
//! errors   the note of who started it, a line for each that it said there, "exit CODE" at the end
//! ```

use super::json::{self, Object, Value, list};
use crate::json::quoted;

/// Most lines of an answer; what comes later is left out.
const MAX_LINES: usize = 512;
/// What a line of `doctor --json` may have, in this order; the first two always.
const MEMBERS: [&str; 5] = ["verdict", "topic", "text", "host", "remedy"];
/// How many of them are needed for it to be one.
const NEEDED: usize = 3;
/// The exit code of a program that was killed.
const KILLED: u64 = 137;

/// What there is of a job.
pub(crate) struct Said<'a> {
    pub(crate) is_running: bool,
    pub(crate) output: &'a [u8],
    pub(crate) errors: &'a [u8],
}

/// The lines of `doctor --json`, as objects.
pub(crate) fn doctor(said: &Said<'_>) -> Object {
    let lines: Vec<String> =
        whole_lines(said.output).filter_map(|line| finding(&line)).take(MAX_LINES).collect();
    answer(said, &lines)
}

/// What `ovh` says, as texts.
#[cfg(feature = "ovh")]
pub(crate) fn texts(said: &Said<'_>) -> Object {
    let lines: Vec<String> =
        whole_lines(said.output).take(MAX_LINES).map(|line| quoted(&line)).collect();
    answer(said, &lines)
}

fn answer(said: &Said<'_>, lines: &[String]) -> Object {
    let mut errors: Vec<String> = whole_lines(said.errors).collect();
    let answer = Object::default().flag("running", said.is_running).raw("lines", &list(lines));
    if errors.is_empty() {
        // Nothing was ever started.
        return answer.text("task", "").raw("errors", "[]");
    }
    let task = errors.remove(0);
    let code = errors.last().and_then(|line| line.strip_prefix("exit ")?.parse().ok());
    let code: Option<u64> = code.filter(|_| !said.is_running);
    if code.is_some() {
        errors.pop();
    }
    let errors: Vec<String> = errors.iter().take(MAX_LINES).map(|line| quoted(line)).collect();
    let answer = answer.text("task", &task).raw("errors", &list(&errors));
    if said.is_running { answer } else { answer.number("exit", code.unwrap_or(KILLED)) }
}

/// The lines that have come to their end.
fn whole_lines(text: &[u8]) -> impl Iterator<Item = String> {
    let end = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    let whole = text.get(..end).unwrap_or_default();
    let lines = whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| String::from_utf8_lossy(line).into_owned())
}

/// A finding on a line of its own, written anew with what is known of it and no more.
fn finding(line: &str) -> Option<String> {
    // The comma between two may end the first one's line, or begin the second one's.
    let line = line.trim().trim_matches(',');
    let members = json::object(line.as_bytes()).ok()?;
    let value = |name| members.iter().rev().find(|(other, _)| other == name).map(|(_, v)| v);
    let mut finding = Object::default();
    for (index, name) in MEMBERS.into_iter().enumerate() {
        match value(name) {
            Some(Value::Text(text)) => finding = finding.text(name, text),
            _ if index < NEEDED => return None,
            _ => {}
        }
    }
    Some(finding.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"version":1,"lines":[
{"verdict":"ok","topic":"configuration","text":"1 host"},
{"verdict":"fault","topic":"dns","host":"home","text":"a \"b\" $(c) </script>","remedy":"d\u00e9"}
],"exit":77}
"#;

    fn shown(is_running: bool, output: &str, errors: &str) -> String {
        let said = Said { is_running, output: output.as_bytes(), errors: errors.as_bytes() };
        doctor(&said).finish()
    }

    #[test]
    fn the_lines_of_doctor_are_those_that_have_come() {
        let one = r#"{"verdict":"ok","topic":"configuration","text":"1 host"}"#;
        let two = r#"{"verdict":"fault","topic":"dns","text":"a \"b\" $(c) </script>","host":"home","remedy":"d\u00e9"}"#;
        let whole = shown(false, WHOLE, "all\ndynhost: a warning\nexit 77\n");
        let end = r#""task":"all","errors":["dynhost: a warning"],"exit":77}"#;
        assert_eq!(whole, format!(r#"{{"running":false,"lines":[{one},{two}],{end}"#));
        // Wherever it is cut: no line is there in part, and none is invented.
        let mut counts = Vec::new();
        for length in 0..WHOLE.len() {
            let part = shown(true, &String::from_utf8_lossy(&WHOLE.as_bytes()[..length]), "all\n");
            assert!(!part.contains("exit"), "{part}");
            let count = part.matches("verdict").count();
            assert_eq!(part.contains(one), count > 0, "{part}");
            assert_eq!(part.contains(two), count > 1, "{part}");
            counts.push(count);
        }
        assert!(counts.is_sorted() && counts.contains(&2), "{counts:?}");
    }

    #[test]
    fn what_is_no_finding_is_left_out() {
        for line in [
            "{}",
            "[]",
            "nonsense",
            r#"{"verdict":"ok","topic":"dns"}"#,
            r#"{"verdict":"ok","topic":7,"text":"x"}"#,
            r#"{"verdict":["ok"],"topic":"dns","text":"x"}"#,
            r#"{"verdict":"ok","topic":"dns","text":"x"}{}"#,
            "\u{0}",
        ] {
            assert!(shown(true, &format!("{line}\n"), "").contains(r#""lines":[],"#), "{line}");
        }
        let odd = r#"{"verdict":"ok","topic":"dns","text":"x","password":"secret","remedy":null}"#;
        for line in [format!("{odd}\n"), format!("{odd},\r\n"), format!(",{odd}\n")] {
            let read = shown(true, &line, "");
            assert!(read.contains(r#"[{"verdict":"ok","topic":"dns","text":"x"}]"#), "{read}");
        }
        let many = format!("{}\n", r#"{"verdict":"ok","topic":"dns","text":"x"}"#).repeat(600);
        assert_eq!(shown(true, &many, "").matches("verdict").count(), MAX_LINES);
    }

    #[test]
    fn an_end_is_told_from_what_only_looks_like_one() {
        for (is_running, errors, expected) in [
            (false, "", r#""task":"","errors":[]}"#),
            (true, "home\nexit 0\n", r#""task":"home","errors":["exit 0"]}"#),
            (false, "home\nexit 0\nexit 64\n", r#""errors":["exit 0"],"exit":64}"#),
            (false, "home\n", r#""errors":[],"exit":137}"#),
            (false, "home\nexit secret\n", r#""errors":["exit secret"],"exit":137}"#),
        ] {
            let read = shown(is_running, "", errors);
            assert!(read.ends_with(expected), "{errors}: {read}");
        }
        let bytes = Said { is_running: false, output: b"\xff\n", errors: b"\xff\n" };
        assert!(doctor(&bytes).finish().contains("ufffd"));
    }
}
