//! Rows of text and what it means; libuci's own parser reads them the same, NUL and `;` aside.

use std::fmt::Write as _;

use super::parse::TOO_MANY;
use super::*;

/// Sections as `type:name{option=value list=[item|item]}`.
fn shape(parsed: &Parsed<'_>) -> String {
    let mut shape = String::new();
    for section in &parsed.sections {
        let name = section.name.as_deref().unwrap_or("-");
        let _ = write!(shape, "{}:{name}{{", section.kind);
        for (i, Entry { name, value, .. }) in section.options.iter().enumerate() {
            let separator = if i == 0 { "" } else { " " };
            let value = match value {
                Value::String(value) => value.to_string(),
                Value::List(items) => {
                    let items: Vec<&str> = items.iter().map(|(_, item)| &**item).collect();
                    format!("[{}]", items.join("|"))
                }
            };
            let _ = write!(shape, "{separator}{name}={value}");
        }
        shape.push('}');
    }
    shape
}

/// Every fault as `line text`.
fn faults(text: &[u8]) -> Vec<String> {
    parse(text).faults.iter().map(|fault| format!("{} {}", fault.line, fault.text)).collect()
}

#[test]
fn text_is_read_as_libuci_reads_it() {
    let rows: &[(&str, &str)] = &[
        ("", ""),
        ("\n \t\r\n# all of this is a comment\n", ""),
        ("config host home", "host:home{}"),
        ("config host 'home'\n\toption a 'b'\n", "host:home{a=b}"),
        ("c host home\no a b\nl c d\n", "host:home{a=b c=[d]}"),
        ("package dyn-host\nconfig host a\np x\no b c", "host:a{b=c}"),
        // Words: concatenation of bare, single-quoted and double-quoted parts.
        ("config x\noption a 'b'\"c\"d\n", "x:-{a=bcd}"),
        ("config 'x' \"y\"\n\toption 'a' b", "x:y{a=b}"),
        ("config x\noption a 'it'\\''s'\n", "x:-{a=it's}"),
        // Single quotes: everything literal, newlines kept.
        ("config x\noption a 'b\\n\"#; c\n  d'\n", "x:-{a=b\\n\"#; c\n  d}"),
        ("config x\noption a 'b\r\nc'\r\n", "x:-{a=b\r\nc}"),
        // Double quotes: backslash protects, backslash-newline vanishes, a newline is kept.
        ("config x\noption a \"b\\\"c\\\\d\\ne'f#g;h\"", "x:-{a=b\"c\\dne'f#g;h}"),
        ("config x\noption a \"b\\\nc\nd\"\n", "x:-{a=bc\nd}"),
        ("config x\noption a \"b\\\r\nc\"\n", "x:-{a=bc}"),
        // Bare: backslash protects, # begins a comment anywhere, backslash-newline joins.
        ("config x\noption a b\\ c\\#d\\;e\\nf", "x:-{a=b c#d;enf}"),
        ("config x\noption a foo#bar baz\n", "x:-{a=foo}"),
        ("config x\noption a 'foo'#bar\n", "x:-{a=foo}"),
        ("config x # it's one\noption a b # c\n", "x:-{a=b}"),
        ("config x\noption a fo\\\no\n", "x:-{a=foo}"),
        ("config x\noption a fo\\\r\no\r\n", "x:-{a=foo}"),
        ("config x\noption a foo\\", "x:-{a=foo}"),
        ("config x\noption a foo \\\n\noption b c", "x:-{a=foo b=c}"),
        // An empty name is none, an empty or missing value is not set, an empty item is kept.
        ("config x ''\nconfig x\n", "x:-{}x:-{}"),
        ("config x\noption a ''\noption b\nlist c ''\nlist c d\n", "x:-{c=[|d]}"),
        ("config x\noption a b\noption a ''\n", "x:-{a=b}"),
        // The last option wins, in the place of the first; lists and options mix.
        ("config x\noption a 1\noption b 2\noption a 3\n", "x:-{a=3 b=2}"),
        ("config x\noption a 1\nlist a 2\nlist a 3\n", "x:-{a=[1|2|3]}"),
        ("config x\nlist a 1\nlist a 2\noption a 3\n", "x:-{a=3}"),
        ("config x\nlist a 1\noption a 3\nlist a 4\n", "x:-{a=[3|4]}"),
        // Same name and type merge into the first, whatever lies between.
        (
            "config x n\noption a 1\noption b 2\nconfig y m\nconfig x n\noption b 3\nlist c 4\n",
            "x:n{a=1 b=3 c=[4]}y:m{}",
        ),
        // CRLF is tolerated, so are blanks of all kinds, and NUL ends the text.
        ("config x y\r\n\toption a b\r\n", "x:y{a=b}"),
        (" \t config\t x \x0b y \x0c\n", "x:y{}"),
        ("config x\noption a b\0\noption c 'd", "x:-{a=b}"),
        // Text beyond ASCII, and anything that is only odd in a comment.
        ("config x\noption a été日本\n", "x:-{a=été日本}"),
        ("config a-type!:$ b\n", "a-type!:$:b{}"),
    ];
    for (text, expected) in rows {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.faults, [], "{text:?}");
        assert_eq!(shape(&parsed), *expected, "{text:?}");
    }
    assert_eq!(faults(b"config x # \xff\xfe\n"), [] as [&str; 0]);
}

#[test]
fn what_is_no_uci_is_named_with_its_line() {
    let rows: &[(&[u8], u32, &str)] = &[
        (b"\xef\xbb\xbfconfig x\n", 1, "byte order mark"),
        (b"config x\nconfig host my-host\n", 2, "letters, digits and _"),
        (b"config host a b\n", 1, "too many words"),
        (b"config x\noption a b c\n", 2, "too many words"),
        (b"config x\noption a b 'c", 2, "never closed"),
        (b"config x\nlist a b c\n", 2, "too many words"),
        (b"package a b\n", 1, "too many words"),
        (b"package\n", 1, "package takes a name"),
        (b"package a/b\n", 1, "package takes a name"),
        (b"config\n", 1, "config takes a type"),
        (b"config ''\n", 1, "config takes a type"),
        (b"config 'a b'\n", 1, "config takes a type"),
        (b"config h\xc3\xb6st\n", 1, "config takes a type"),
        (b"option a b\n", 1, "no section yet"),
        (b"list a b\n", 1, "no section yet"),
        (b"config x\noption\n", 2, "letters, digits and _"),
        (b"config x\noption '' b\n", 2, "letters, digits and _"),
        (b"config x\noption a-b c\n", 2, "letters, digits and _"),
        (b"config x\n\n optoin a b\n", 3, "config, option or list"),
        (b"Config x\n", 1, "config, option or list"),
        (b"'config' x\n", 1, "config, option or list"),
        (b"config#x\n", 1, "config, option or list"),
        (b"cf x\n", 1, "config, option or list"),
        (b"\xff\xfec\0o\0n\0", 1, "config, option or list"),
        (b"config x; option a b\n", 1, "one command per line"),
        (b"config x\noption a b;c\n", 2, "one command per line"),
        (b"config x\noption a 'b' ;\n", 2, "one command per line"),
        (b"config x y\nconfig x y\nconfig z y\n", 3, "another type on line 1"),
        (b"config x\noption a '\xff'\n", 2, "not UTF-8"),
        (b"config x\noption a \"\xc3\"b\n", 2, "not UTF-8"),
        (b"config x\noption a \xc3\\\xa9\xff\n", 2, "not UTF-8"),
        (b"config x\noption a '\noption b c\n", 2, "never closed"),
        (b"config x\noption a \"b\n", 2, "never closed"),
        (b"config x\noption a \"b\\\"\n", 2, "never closed"),
        (b"config x\noption a 'b\0'\n", 2, "never closed"),
    ];
    for (text, line, expected) in rows {
        let found = parse(text).faults;
        let [fault] = found.as_slice() else {
            panic!("{:?}: {found:?}", text.escape_ascii().to_string())
        };
        assert_eq!(fault.line, *line, "{:?}", text.escape_ascii().to_string());
        assert!(fault.text.contains(expected), "{:?} {fault:?}", text.escape_ascii().to_string());
    }
}

#[test]
fn an_open_quote_also_names_the_line_where_its_word_begins() {
    let found = faults(b"config x\noption a 'b\noption c 'd'\noption e 'f'\n");
    assert_eq!(
        found.first().map(String::as_str),
        Some(
            "4 the quote opened here is never closed, or one is missing where the word begins, \
             on line 2"
        )
    );
}

#[test]
fn every_fault_is_found_in_one_go_and_the_rest_is_still_read() {
    let text = b"option a 1\nconfig x y\nbogus\noption b c d\noption e f\nconfig z y\noption g h\n\
        config w\n\toption i 'j\n\toption k l\n";
    let found = faults(text);
    let lines: Vec<&str> = found.iter().filter_map(|fault| fault.split(' ').next()).collect();
    assert_eq!(lines, ["1", "3", "4", "6", "9"], "{found:?}");
    assert_eq!(shape(&parse(text)), "x:y{e=f}w:-{k=l}");
}

#[test]
fn lines_are_counted_through_quotes_and_joined_lines() {
    let text = b"\n# c\r\nconfig x \\\n\n\noption a 'b\n\n'\nlist c d\nlist c \\\n e\noption f g\n\
        config x n\n\n config x n\n option a b\n";
    let parsed = parse(text);
    let lines: Vec<(u32, Vec<u32>)> = parsed
        .sections
        .iter()
        .map(|section| (section.line, section.options.iter().map(|entry| entry.line).collect()))
        .collect();
    assert_eq!(parsed.faults, [SyntaxFault::new(11, TOO_MANY)]);
    assert_eq!(lines, [(3, vec![6, 9, 12]), (13, vec![16])]);
}

#[test]
fn every_limit_is_a_fault_and_what_reaches_it_is_not() {
    let comment = |length: usize| format!("#{}", "x".repeat(length - 1));
    let word = |length: usize| format!("config x\noption a '{}'\n", "x".repeat(length));
    let sections = |count: usize| "config x\n".repeat(count);
    let options = |count: usize| {
        (0..count).fold(String::from("config x\n"), |text, i| text + &format!("option a{i} b\n"))
    };
    let items = |count: usize| format!("config x\n{}", "list a b\n".repeat(count));
    let rows = [
        (comment(MAX_TEXT), comment(MAX_TEXT + 1), "0 the file has 65537 bytes"),
        (word(MAX_WORD), word(MAX_WORD + 1), "2 a word of 2049 bytes"),
        (sections(MAX_SECTIONS), sections(MAX_SECTIONS + 1), "65 more than 64 sections"),
        (options(MAX_OPTIONS), options(MAX_OPTIONS + 1), "66 more than 64 options"),
        (items(MAX_OPTIONS), items(MAX_OPTIONS + 1), "66 more than 64 items"),
    ];
    for (good, bad, expected) in rows {
        assert_eq!(faults(good.as_bytes()), [] as [&str; 0], "{expected}");
        let found = faults(bad.as_bytes());
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
    let found = faults("bogus\n".repeat(1000).as_bytes());
    assert_eq!(found.len(), MAX_FAULTS + 1);
    assert!(found[MAX_FAULTS].contains("too many faults"), "{found:?}");
}

#[test]
fn a_word_in_one_piece_is_not_copied() {
    let parsed = parse(b"config 'host' home\noption a 'b'\noption c d'e'\n");
    let values = parsed.sections[0].options.iter().map(|entry| match &entry.value {
        Value::String(value) => matches!(value, Cow::Borrowed(_)),
        Value::List(_) => false,
    });
    assert!(values.eq([true, false]));
}

#[test]
fn no_fault_repeats_the_text_it_is_about() {
    let secret = "s3cret";
    let rows = [
        "{} x\n",
        "config {}/ {}/\n",
        "config x\noption password {} {}\n",
        "config x\noption password '{}\noption a b\n",
        "config x\noption password {};\n",
        "config x\n{}\n",
        "config x\noption {}- a\n",
        "config a {}\nconfig b {}\n",
    ];
    for row in rows {
        let text = row.replace("{}", secret);
        let found = faults(text.as_bytes());
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|fault| !fault.contains(secret)), "{found:?}");
    }
}

/// Marsaglia's xorshift: the same words on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or(0)
    }

    fn word(&mut self) -> String {
        const LETTERS: [char; 16] =
            ['a', 'Z', '0', ' ', '\t', '\n', '\r', '\'', '"', '\\', '#', ';', 'é', '日', '😀', '-'];
        (0..self.below(20)).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }
}

/// As `uci export` writes a word: a quote is closed, protected, and opened again.
fn single_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn double_quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}

/// Every character but a newline can be protected by a backslash.
fn bare(word: &str) -> String {
    let protect = |c: char| match c {
        '\n' => String::from("'\n'"),
        c if c.is_ascii_alphanumeric() => c.to_string(),
        '\r' => String::from("\"\r\""),
        c => format!("\\{c}"),
    };
    if word.is_empty() { "''".into() } else { word.chars().map(protect).collect() }
}

#[test]
fn a_word_that_a_comment_cuts_short_is_warned_of() {
    let rows: &[(&str, &[u32])] = &[
        ("config x\noption a foo#bar\n", &[2]),
        ("config x\noption a 'foo'#bar\n", &[2]),
        ("config x#y\nlist a b#\n", &[1, 2]),
        ("config x\noption a foo\\\nbar#c\n", &[3]),
        ("config x\noption a foo #bar\n", &[]),
        ("config x\noption a 'foo#bar'\n", &[]),
        ("config x\noption a foo\\#bar\n", &[]),
        ("config x\noption a \"foo#bar\" # c\n#d\n", &[]),
        ("config x\noption a b c#d\n", &[]),
    ];
    for (text, expected) in rows {
        let found: Vec<u32> =
            parse(text.as_bytes()).warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(found, *expected, "{text:?}");
    }
    let many = parse("config x\noption a b#\n".repeat(MAX_FAULTS + 1).as_bytes()).warnings.len();
    assert_eq!(many, MAX_FAULTS);
}

#[test]
fn words_come_back_however_they_are_quoted() {
    let seed = 0x9e37_79b9_7f4a_7c15;
    let mut random = Random(seed);
    for round in 0..500 {
        let words: Vec<String> =
            (0..=random.below(MAX_OPTIONS - 1)).map(|_| random.word()).collect();
        for quote in [single_quoted, double_quoted, bare] {
            let mut text = String::from("config x\n");
            for word in &words {
                let _ = writeln!(text, "\tlist a {}", quote(word));
            }
            let parsed = parse(text.as_bytes());
            assert_eq!(parsed.faults, [], "seed {seed} round {round}: {text:?}");
            let Value::List(items) = &parsed.sections[0].options[0].value else {
                panic!("seed {seed} round {round}: no list in {text:?}");
            };
            let read: Vec<&str> = items.iter().map(|(_, item)| &**item).collect();
            assert_eq!(read, words, "seed {seed} round {round}: {text:?}");
        }
    }
}
