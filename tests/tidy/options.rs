//! One truth about options: what the readers of the configuration accept, what they are documented
//! to accept, what the example shows and what OpenWrt's init script lets pass are the same.

use std::collections::BTreeSet;

use dynhost::config::{self, OptionDoc, options};

use super::read;

const INIT: &str = "openwrt/dynhost/files/dynhost.init";
const HOTPLUG: &str = "openwrt/dynhost/files/hotplug.d/iface/95-dynhost";
/// Options whose values would go through the output of a subprocess.
const SECRET: [&str; 1] = ["password"];
const YES: [&str; 5] = ["1", "true", "yes", "on", "enabled"];
const NO: [&str; 5] = ["0", "false", "no", "off", "disabled"];
/// What nothing accepts.
const NONSENSE: &str = "nonsense value";
const URL: &str = "https://dns.example.net/?name={hostname}&to={address}";

/// An option as the init script validates it: `'NAME:TYPE:DEFAULT'`.
struct Validated {
    section: &'static str,
    name: String,
    kind: String,
    default: String,
}

impl Validated {
    /// The values of `or("a", "b")`, which are the only ones.
    fn words(&self) -> BTreeSet<&str> {
        self.kind.split('"').skip(1).step_by(2).collect()
    }

    fn doc(&self) -> OptionDoc {
        let mut options = options();
        let found = options.find(|doc| (doc.section, doc.name) == (self.section, &self.name));
        found.unwrap_or_else(|| panic!("{INIT} validates {}, which no reader has", self.name))
    }
}

fn validated() -> Vec<Validated> {
    let script = read(INIT);
    let mut found = Vec::new();
    for section in ["agent", "provider", "host"] {
        let function = format!("\nvalidate_{section}_section() {{\n");
        let body = script.split_once(&function).expect("a function for each section type").1;
        let body = body.split("\n}").next().unwrap_or_default();
        for entry in body.split('\'').skip(1).step_by(2) {
            let (name, rest) = entry.split_once(':').expect("a type");
            let (kind, default) = rest.split_once(':').unwrap_or((rest, ""));
            let [name, kind, default] = [name, kind, default].map(String::from);
            found.push(Validated { section, name, kind, default });
        }
    }
    assert!(found.len() > 20, "the validation was not found");
    found
}

/// A configuration in which only that option can be wrong.
fn configuration(doc: &OptionDoc, line: &str) -> String {
    let line = format!("\t{line}\n");
    let base = [
        ("agent", "config agent 'agent'\n", ""),
        ("provider", "config provider 'nonsense'\n", &format!("\toption url '{URL}'\n")),
        ("host", "config host 'home'\n", HOST),
    ];
    let own = format!("option {} ", doc.name);
    let section = |(section, header, rest): (&str, &str, &str)| {
        let rest = rest.lines().filter(|line| section != doc.section || !line.contains(&own));
        let rest: String = rest.map(|line| format!("{line}\n")).collect();
        let line = if section == doc.section { line.as_str() } else { "" };
        format!("{header}{rest}{line}")
    };
    base.into_iter().map(section).collect()
}

const HOST: &str = "\toption hostname 'home.example.com'\n\toption username 'example.com-home'\n\
                    \toption password 'secret'\n\toption command '/bin/true'\n\
                    \toption web 'https://ip.example.net/'\n";

/// What the readers say about a line of that option.
fn said(doc: &OptionDoc, line: &str) -> Option<String> {
    let text = configuration(doc, line);
    let config = config::read("test", text.as_bytes(), &|_| Ok("secret".into()));
    let of_value = [format!("{} '", doc.name), format!("{}: ", doc.name)];
    let mut texts = config.faults.into_iter().map(|fault| fault.text);
    // What is said of two options together is no matter of the value.
    let together = ["nothing runs it without", "nothing reads it without", "is for IPv6 only"];
    texts.find(|text| {
        of_value.iter().any(|start| text.starts_with(start))
            && !together.iter().any(|rule| text.contains(rule))
    })
}

fn accepts(doc: &OptionDoc, value: &str) -> bool {
    said(doc, &format!("option {} '{value}'", doc.name)).is_none()
}

#[test]
fn the_init_script_validates_every_option_that_is_no_secret() {
    let name = |section: &str, name: &str| format!("{section} {name}");
    let read = options().filter(|doc| !SECRET.contains(&doc.name));
    let read: BTreeSet<_> = read.map(|doc| name(doc.section, doc.name)).collect();
    let checked = validated();
    let checked: BTreeSet<_> = checked.iter().map(|one| name(one.section, &one.name)).collect();
    assert_eq!(checked, read);
}

#[test]
fn the_init_script_lets_pass_what_the_readers_accept() {
    let all = validated();
    let mut pool: BTreeSet<&str> = all.iter().flat_map(Validated::words).collect();
    pool.extend(["natpmp", "upnp", "web", "auto", "trace", "off", "ipv5"]);
    // A word that the readers know and the script lacks.
    let meanings = options().flat_map(|doc| doc.meaning.split([' ', ',', ':']));
    pool.extend(meanings.filter(|word| !word.is_empty()));
    for one in &all {
        let doc = one.doc();
        let item = one.kind.strip_prefix("list(").and_then(|kind| kind.strip_suffix(')'));
        let (good, bad): (Vec<&str>, Vec<&str>) = match item.unwrap_or(&one.kind) {
            kind if kind.starts_with("or(") => {
                pool.iter().partition(|word| one.words().contains(*word))
            }
            "bool" => ([YES, NO].concat(), vec!["2", "maybe", "TRUE"]),
            "uinteger" => (vec!["0", "7"], vec!["-1", "+1", "x", "1.5"]),
            "range(1,1440)" => (vec!["1", "1440"], vec!["0", "1441", "x"]),
            "range(0,720)" => (vec!["0", "720"], vec!["-1", "721", "x"]),
            "ip4addr" => (vec!["192.168.1.254"], vec!["::1", "x", "192.168.1"]),
            "ip6addr" => (vec!["::1:2:3:4"], vec!["81.2.69.10", "x"]),
            "host" => (vec!["home.example.com"], vec!["a b.example.com", "a/b.example.com"]),
            "string" => {
                let site = "https://ip.example.net/";
                let free = ["nonsense", "/nonsense", "home.example.com", URL, site];
                assert!(free.iter().any(|value| accepts(&doc, value)), "{} is not free", doc.name);
                (vec![], vec![])
            }
            other => panic!("{INIT}: this test does not know the type {other}"),
        };
        for value in good {
            assert!(accepts(&doc, value), "{}: no reader accepts '{value}'", doc.name);
        }
        for value in bad {
            assert!(!accepts(&doc, value), "{}: {INIT} refuses '{value}'", doc.name);
        }
    }
}

#[test]
fn the_init_script_takes_a_list_where_the_readers_do() {
    for one in validated() {
        let doc = one.doc();
        let value = one.words().first().map_or("nonsense", |word| *word).to_owned();
        let line = format!("list {} '{value}'", doc.name);
        let only_once = said(&doc, &line).is_some_and(|text| text.contains("give it once"));
        assert_eq!(only_once, !one.kind.starts_with("list("), "{}", doc.name);
    }
}

#[test]
fn the_init_script_has_the_defaults_of_the_readers() {
    for one in validated() {
        let doc = one.doc();
        // "that of the default route" is no value.
        let is_value = !doc.default.is_empty() && !doc.default.contains(' ');
        if one.default.is_empty() {
            assert!(!is_value, "{INIT} lacks the default {} of {}", doc.default, doc.name);
        } else {
            assert!(accepts(&doc, &one.default), "{}: {}", doc.name, one.default);
            let same = doc.default.split(' ').next_back() == Some(&one.default);
            assert!(same, "{}: {} and {}", doc.name, one.default, doc.default);
        }
    }
    let script = read(INIT);
    let mut count = 0;
    for line in script.lines().filter(|line| line.trim_start().starts_with("config_get")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, default) = (words[3], words.get(4).copied().unwrap_or_default());
        let all = validated();
        let known = all.iter().find(|one| one.name == name).expect("an option");
        assert_eq!(known.default, default, "{line}");
        count += 1;
    }
    assert!(count >= 7, "the reading was not found");
}

#[test]
fn hotplug_knows_the_words_of_a_boolean() {
    let script = read(HOTPLUG);
    let line = script.lines().find(|line| line.ends_with(") enabled=0 ;;")).expect("the words");
    let words = line.trim().split(')').next().unwrap_or_default().split(" | ");
    assert_eq!(words.collect::<BTreeSet<_>>(), BTreeSet::from(NO));
}

/// The entry of an option in the man page, without the macros.
fn man_entry(man: &str, doc: &OptionDoc) -> String {
    let section = format!(".Sh CONFIG {}\n", doc.section.to_uppercase());
    let part = man.split_once(&section).expect("a part for each section type").1;
    let part = part.split("\n.Sh ").next().unwrap_or_default();
    let entry = part.split_once(&format!("\n.It Cm {}\n", doc.name));
    let entry = entry.unwrap_or_else(|| panic!("man/dynhost.conf.5 lacks {}", doc.name)).1;
    let entry = entry.split("\n.It ").next().unwrap_or_default();
    entry.split("\n.El").next().unwrap_or_default().to_owned()
}

/// The text of an entry as it is read.
fn plain(entry: &str) -> String {
    let words = entry.split_whitespace().filter(|word| !word.starts_with('.'));
    let text = words.collect::<Vec<_>>().join(" ");
    text.replace(" ,", ",").replace(" ;", ";")
}

#[test]
fn the_man_page_has_every_option_its_values_and_its_default() {
    let man = read("man/dynhost.conf.5");
    let all = validated();
    for doc in options() {
        let entry = man_entry(&man, &doc);
        let text = plain(&entry);
        let told = [format!("Default: {}", doc.default), format!("{}, the default", doc.default)];
        let told = told.iter().any(|told| text.contains(told));
        let is_value = !doc.default.is_empty() && !doc.default.contains(' ');
        assert!(told || !is_value, "man/dynhost.conf.5: default of {}: {text}", doc.name);
        let marked = entry.lines().filter_map(|line| line.strip_prefix(".Cm "));
        let marked: BTreeSet<_> = marked.filter_map(|rest| rest.split(' ').next()).collect();
        let is_same =
            |one: &&Validated| (one.section, one.name.as_str()) == (doc.section, doc.name);
        let words = all.iter().find(is_same).map(Validated::words).unwrap_or_default();
        let other = |word: &&&str| !options().any(|doc| doc.name == **word);
        if !words.is_empty() {
            let others = marked.difference(&words).filter(other).count();
            assert!(marked.is_superset(&words) && others == 0, "{}: {marked:?}", doc.name);
        }
    }
    let entries = man.split_once(".Sh CONFIG AGENT").expect("the options").1;
    let entries = entries.split(".Sh FILES").next().unwrap_or_default();
    assert_eq!(entries.matches("\n.It Cm ").count(), options().count(), "more than there is");
}

#[test]
fn readers_and_documents_name_every_value_that_is_allowed() {
    let example = read("examples/dynhost.conf");
    for one in validated().iter().filter(|one| !one.words().is_empty()) {
        let doc = one.doc();
        let line = format!("option {} '{NONSENSE}'", doc.name);
        let fault = said(&doc, &line).expect("a fault");
        let shown = section_of(&example, doc.section).join("\n");
        for word in one.words() {
            assert!(fault.contains(word), "a fault of {} does not name {word}", doc.name);
            assert!(doc.meaning.contains(word), "{} does not name {word}", doc.meaning);
            assert!(shown.contains(word), "examples/dynhost.conf does not name {word}");
        }
    }
}

#[test]
fn the_example_has_every_option() {
    let example = read("examples/dynhost.conf");
    for option in options() {
        let is_set = |line: &str| {
            let line = line.trim_start_matches(['#', '\t']);
            ["option", "list"]
                .iter()
                .any(|keyword| line.starts_with(&format!("{keyword} {} '", option.name)))
        };
        let part = section_of(&example, option.section);
        assert!(part.iter().any(|line| is_set(line)), "examples/dynhost.conf lacks {option:?}");
    }
}

/// The lines of all sections of a type, examples in comments included.
fn section_of<'a>(configuration: &'a str, kind: &str) -> Vec<&'a str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in configuration.lines() {
        if let Some(header) = line.trim_start_matches('#').strip_prefix("config ") {
            inside = header.starts_with(kind);
        }
        if inside {
            lines.push(line);
        }
    }
    lines
}
