//! Rows of a text, what is set in it, and the bytes that come of it; then texts by the thousand.

use super::*;
use crate::uci::{MAX_OPTIONS, MAX_TEXT, MAX_WORD, Parsed, Section, Value};

const HOME: Target<'_> = Target { kind: "host", name: "home" };

type Option1<'a> = (&'a str, Wanted<'a>);

fn set_text(text: &str, options: &[Option1<'_>]) -> Result<String, Refusal> {
    set(text.as_bytes(), HOME, options).map(|text| String::from_utf8(text).unwrap())
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn only_the_bytes_of_the_option_change() {
    use Wanted::{Absent, List, Value};
    let rows: &[(&str, &[Option1<'_>], &str)] = &[
        // Replaced in place, whatever quotes the old value had, comments kept.
        (
            "config host 'home'\n\toption a 'old' # why\n\toption b c\n",
            &[("a", Value("new"))],
            "config host 'home'\n\toption a 'new' # why\n\toption b c\n",
        ),
        ("c host home\no a b\\ \"c\"'d'#e\n", &[("a", Value("x"))], "c host home\no a 'x'#e\n"),
        (
            "config host home\noption a 'b\nc'\n",
            &[("a", Value("x"))],
            "config host home\noption a 'x'\n",
        ),
        ("config host home\noption a", &[("a", Value("x"))], "config host home\noption a 'x'"),
        ("config host home\noption a ''", &[("a", Value("x"))], "config host home\noption a 'x'"),
        // What holds already is not even written in another way.
        (
            "config host home\noption a \"x\"",
            &[("a", Value("x"))],
            "config host home\noption a \"x\"",
        ),
        ("config host home\n", &[("a", Absent), ("b", List(&[]))], "config host home\n"),
        // Added behind the last option of the section, before the comments of the next one.
        (
            "config host 'home'\n  option a 'b' # c\n\n# about x\nconfig x\n",
            &[("p", Value("it's")), ("q", Value("r"))],
            "config host 'home'\n  option a 'b' # c\n  option p 'it'\\''s'\n  option q 'r'\n\n\
             # about x\nconfig x\n",
        ),
        ("config host home", &[("a", Value("b"))], "config host home\n\toption a 'b'"),
        ("config host home # c", &[("a", Value("b"))], "config host home # c\n\toption a 'b'"),
        // Line ends stay what they are.
        (
            "config host home\r\n\toption a b\r\n\r\n",
            &[("c", Value("d")), ("a", Value("e"))],
            "config host home\r\n\toption a 'e'\r\n\toption c 'd'\r\n\r\n",
        ),
        (
            "config x\r\n",
            &[("a", Value("b"))],
            "config x\r\n\r\nconfig host 'home'\r\n\toption a 'b'\r\n",
        ),
        // Removed with its line; a comment behind it stays.
        (
            "config host home\n\toption a b\n\toption c d\n",
            &[("a", Absent)],
            "config host home\n\toption c d\n",
        ),
        ("config host home\n\toption a b\t \r\n", &[("a", Value(""))], "config host home\n"),
        ("config host home\n\toption a b # c\n", &[("a", Absent)], "config host home\n\t # c\n"),
        ("config host home\n\toption a b", &[("a", Absent)], "config host home\n"),
        // The last of several is the one in force.
        (
            "config host home\noption a 1\noption b 2\noption a 3\n",
            &[("a", Value("4"))],
            "config host home\noption b 2\noption a '4'\n",
        ),
        // Lists.
        (
            "config host home\n\tlist a 1\n\tlist a 2 # two\noption b c\n",
            &[("a", List(&["x", "", "z"]))],
            "config host home\n\tlist a 'x'\n\tlist a '' # two\n\tlist a 'z'\noption b c\n",
        ),
        (
            "config host home\nlist a 1\nlist a 2\n",
            &[("a", List(&["3"]))],
            "config host home\nlist a '3'\n",
        ),
        (
            "config host home\n list a 1\nlist a 2\noption b c\n",
            &[("a", Value("3"))],
            "config host home\n option a '3'\noption b c\n",
        ),
        (
            "config host home\n option a 1\n",
            &[("a", List(&["x", "y"]))],
            "config host home\n list a 'x'\n list a 'y'\n",
        ),
        // A section in two parts: changed where it stands, added to the first.
        (
            "config host home\noption a 1\nconfig x y\noption a 2\nconfig host home\noption b 3\n",
            &[("b", Value("4")), ("c", Value("5"))],
            "config host home\noption a 1\noption c '5'\nconfig x y\noption a 2\nconfig host home\n\
             option b '4'\n",
        ),
        // A new section at the end, an empty line before it.
        ("", &[("a", Value("b"))], "config host 'home'\n\toption a 'b'\n"),
        (
            "config x",
            &[("l", List(&["1", "2"]))],
            "config x\n\nconfig host 'home'\n\tlist l '1'\n\tlist l '2'\n",
        ),
        ("# c\n\n", &[], "# c\n\nconfig host 'home'\n"),
        ("config x\noption a b\\", &[], "config x\noption a b\\\n\nconfig host 'home'\n"),
        // Joined lines and several commands in one line.
        (
            "config host home\noption a b\\",
            &[("c", Value("d"))],
            "config host home\noption a b\\\n\noption c 'd'",
        ),
        (
            "config host home\noption a b \\\n option c d\noption e f\n",
            &[("c", Absent)],
            "config host home\noption a b \\\n \noption e f\n",
        ),
        (
            "config host home '' config x y\n",
            &[("a", Value("b"))],
            "config host home ''\n\toption a 'b'\n config x y\n",
        ),
    ];
    for (text, options, expected) in rows {
        assert_eq!(set_text(text, options).as_deref(), Ok(*expected), "{text:?} {options:?}");
        assert_eq!(set_text(expected, options).as_deref(), Ok(*expected), "twice: {text:?}");
    }
}

#[test]
fn what_cannot_be_edited_is_refused_with_a_sentence() {
    let value = |value| [("a", Wanted::Value(value))];
    let long = "x".repeat(MAX_WORD + 1);
    let many = (0..MAX_OPTIONS)
        .fold(String::from("config host home\n"), |text, i| text + &format!("option o{i} x\n"));
    let rows = [
        (set_text("config host home\nbogus\n", &value("x")), "line 2: a line starts with"),
        (set_text("\u{feff}config host home\n", &value("x")), "line 1: the file starts with"),
        (set_text("config host home\n\0", &value("x")), "zero byte"),
        (set_text("config x\nconfig provider home\n", &value("x")), "line 2: a section of another"),
        (set_text("", &value("x\0y")), "never closed"),
        (set_text("", &value(&long)), "a word of 2049 bytes"),
        (set_text(&many, &value("x")), "more than 64 options"),
        (set_text("", &[("a-b", Wanted::Absent)]), "letters, digits and _ only"),
        (set_text("", &[("a", Wanted::Value("1")), ("a", Wanted::Value("2"))]), "given twice"),
        (set(b"", Target { kind: "a b", name: "x" }, &[]).map(|_| String::new()), "letters"),
        (set(b"", Target { kind: "host", name: "" }, &[]).map(|_| String::new()), "letters"),
    ];
    for (result, expected) in rows {
        let sentence = result.expect_err(expected).to_string();
        assert!(sentence.contains(expected), "{expected}: {sentence}");
    }
    let full = format!("#{}", "x".repeat(MAX_TEXT - 2));
    assert!(set_text(&full, &value("x")).is_err_and(|r| r.to_string().contains("the file has")));
}

/// Marsaglia's xorshift: the same texts on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or(0)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn value(&mut self) -> String {
        const PIECES: [&str; 14] =
            ["a", "Z9", " ", "\t", "\n", "\r\n", "'", "\"", "\\", "#", ";", "é", "😀", "''"];
        (0..self.below(6)).map(|_| self.of(&PIECES)).collect()
    }

    /// Mostly commands, some of them odd; the rest is noise.
    fn text(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "config host home\n",
            "config host 'home' # c\n",
            "config host \"ho\"'me'",
            "\n",
            "config x y\r\n",
            "config x\n",
            "option a b\n",
            "\toption a 'b c' # d\n",
            "list a 1\n",
            "  list l ''\n",
            "list l \"x\ny\"\n",
            "option c\n",
            "option b 'it'\\''s'\r\n",
            " ''",
            "\\\n",
            "\\\r\n",
            "# comment \\\n",
            "\t",
            " ",
            "option l z",
            "option a\\\n b\n",
            "package p\n",
            "\n\n",
            "#x",
        ];
        (0..self.below(14)).map(|_| self.of(&PIECES)).collect()
    }
}

/// Sections but the target's, and the target's other options, without lines.
fn others(parsed: &Parsed<'_>, changed: &[Option1<'_>]) -> Vec<String> {
    let show = |value: &Value<'_>| match value {
        Value::String(value) => format!("{value:?}"),
        Value::List(items) => format!("{:?}", items.iter().map(|(_, i)| i).collect::<Vec<_>>()),
    };
    let show = |section: &Section<'_>| {
        let own = section.name.as_deref() == Some("home");
        let kept = |name: &str| !own || !changed.iter().any(|(changed, _)| *changed == name);
        let options = section.options.iter().filter(|entry| kept(&entry.name));
        let options: Vec<_> =
            options.map(|entry| format!("{}={}", entry.name, show(&entry.value))).collect();
        let empty = own && options.is_empty();
        (!empty).then(|| format!("{} {:?} {options:?}", section.kind, section.name))
    };
    parsed.sections.iter().filter_map(show).collect()
}

/// The lines that are comments as a whole.
fn comments(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let whole = text.lines().filter(|line| line.trim_start().starts_with('#'));
    whole.map(|line| line.trim().to_owned()).collect()
}

fn check(text: &[u8], options: &[Option1<'_>], hint: &str) -> bool {
    let before = parse(text);
    let after = match set(text, HOME, options) {
        Ok(after) => after,
        Err(refusal) => {
            let known =
                matches!(refusal, Refusal::Faulty(..) | Refusal::Taken(_) | Refusal::ZeroByte);
            assert!(known, "{hint}: {refusal} {:?}", String::from_utf8_lossy(text));
            let taken = matches!(refusal, Refusal::Taken(_));
            assert!(!before.faults.is_empty() || taken, "{hint}: {refusal}");
            return false;
        }
    };
    let read = parse(&after);
    let shown = String::from_utf8_lossy(&after);
    assert_eq!(read.faults, [], "{hint}: {shown:?}");
    let section = read.sections.iter().find(|s| s.name.as_deref() == Some("home")).unwrap();
    for (name, wanted) in options {
        assert!(super::check::holds(section, name, *wanted), "{hint}: {name} in {shown:?}");
    }
    assert_eq!(others(&before, options), others(&read, options), "{hint}: {shown:?}");
    assert_eq!(set(&after, HOME, options).as_deref(), Ok(&*after), "{hint}: twice");
    true
}

#[test]
fn texts_by_the_thousand_read_as_wanted() {
    let seed = 0x2545_f491_4f6c_dd1d;
    let mut random = Random(seed);
    let mut edited = 0;
    for round in 0..6000 {
        let text = random.text();
        let (value, items) = (random.value(), [random.value(), random.value()]);
        let items = [items[0].as_str(), items[1].as_str()];
        let wanted = [
            ("a", if random.below(3) == 0 { Wanted::Absent } else { Wanted::Value(&value) }),
            ("l", if random.below(3) == 0 { Wanted::Absent } else { Wanted::List(&items) }),
        ];
        let hint = format!("seed {seed} round {round}: {text:?} {wanted:?}");
        edited += usize::from(check(text.as_bytes(), &wanted, &hint));
        edited += usize::from(check(text.as_bytes(), &wanted[1..], &hint));
    }
    assert!(edited > 2000, "{edited}");
}

#[test]
fn every_configuration_of_the_tests_can_be_edited_or_says_why_not() {
    let texts: [(&str, &[u8]); 10] = [
        ("crlf", include_bytes!("../../../tests/config/crlf.conf")),
        ("full", include_bytes!("../../../tests/config/full.conf")),
        ("lost-quotes", include_bytes!("../../../tests/config/lost-quotes.conf")),
        ("minimal", include_bytes!("../../../tests/config/minimal.conf")),
        ("missing", include_bytes!("../../../tests/config/missing.conf")),
        ("open-quote", include_bytes!("../../../tests/config/open-quote.conf")),
        ("providers", include_bytes!("../../../tests/config/providers.conf")),
        ("syntax", include_bytes!("../../../tests/config/syntax.conf")),
        ("values", include_bytes!("../../../tests/config/values.conf")),
        ("words", include_bytes!("../../../tests/config/words.conf")),
    ];
    let wanted = [
        ("password", Wanted::Value("p'q\"#")),
        ("enabled", Wanted::Value("0")),
        ("family", Wanted::List(&["ipv4", "ipv6"])),
        ("device", Wanted::Absent),
    ];
    let mut edited = 0;
    for (name, text) in texts {
        if check(text, &wanted, name) {
            edited += 1;
            let after = set(text, HOME, &wanted).unwrap();
            assert_eq!(comments(text), comments(&after), "{name}");
            let is_crlf = |text: &[u8]| {
                text.split_inclusive(|byte| *byte == b'\n').all(|line| line.ends_with(b"\r\n"))
            };
            assert_eq!(is_crlf(text), is_crlf(&after), "{name}");
        }
    }
    assert!(edited >= 5, "{edited}");
}

#[test]
fn a_section_is_removed_in_all_its_parts_and_comments_stay() {
    let rows = [
        ("config host home\noption a b\n", ""),
        ("config x\n\nconfig host 'home'\n\toption a b # c\n", "config x\n\n\t # c\n"),
        (
            "config host home\noption a 1\nconfig x y\noption b 2\nconfig host home\nlist c 3\n#z\n",
            "config x y\noption b 2\n#z\n",
        ),
        ("config host home\r\n\toption a 'b\nc'\r\nconfig x\r\n", "config x\r\n"),
        ("config x\n", "config x\n"),
    ];
    for (text, expected) in rows {
        let after = remove(text.as_bytes(), HOME).map(|text| String::from_utf8(text).unwrap());
        assert_eq!(after.as_deref(), Ok(expected), "{text:?}");
    }
    for (text, sentence) in [
        ("config provider home\n", "another type"),
        ("config host home\nbogus\n", "line 2"),
        ("config host home\n\0", "zero byte"),
    ] {
        let refusal = remove(text.as_bytes(), HOME).expect_err(sentence).to_string();
        assert!(refusal.contains(sentence), "{refusal}");
    }
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..3000 {
        let text = random.text();
        if let Ok(after) = remove(text.as_bytes(), HOME) {
            let read = parse(&after);
            assert!(read.sections.iter().all(|s| s.name.as_deref() != Some("home")), "{text:?}");
        }
    }
}
