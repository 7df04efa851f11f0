//! README, man pages, changelog and shipped configurations say what the program does.

use dynhost::cli::HELP;
use dynhost::config::{self, HostEntry, options};
use dynhost::failure::Failure;
use dynhost::reply::{Meaning, Word};
use dynhost::state::{Record, State};
use dynhost::{address::Family, error, status};

use super::{read, root};

/// Asserts that every one of `wanted` is a line of the document; prints those that are not, to be
/// copied into it.
fn assert_lines(path: &str, wanted: impl IntoIterator<Item = String>) {
    let document = read(path);
    let is_missing = |line: &String| !document.lines().any(|other| other == line);
    let missing: Vec<_> = wanted.into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{path} lacks these lines:\n{}", missing.join("\n"));
}

/// Asserts that each of `wanted` occurs in the document.
fn assert_mentions<'a>(path: &str, wanted: impl IntoIterator<Item = &'a str>) {
    let document = read(path);
    let missing: Vec<_> = wanted.into_iter().filter(|text| !document.contains(text)).collect();
    assert!(missing.is_empty(), "{path} does not mention {missing:?}");
}

#[test]
fn the_readme_has_a_row_for_every_option() {
    assert_lines(
        "README.md",
        options().map(|option| {
            let default = if option.default.is_empty() { "–" } else { option.default };
            format!("| `{}` | {default} | {} |", option.name, option.meaning)
        }),
    );
}

#[test]
fn the_readme_has_a_row_for_every_reply_and_every_failure() {
    let what_follows = |word: &Word| match word.meaning() {
        Meaning::Stored => "remembers address and time",
        Meaning::Rejected { probe: true } => "holds, tries once a day",
        Meaning::Rejected { probe: false } => "holds, tries no more",
        Meaning::Unavailable => "waits 30 minutes, or as long as the provider says",
        Meaning::Unknown => "waits 10 minutes, doubled up to 6 hours",
    };
    assert_lines(
        "README.md",
        Word::ALL.iter().map(|word| {
            let remedy = if word.remedy().is_empty() { "–" } else { word.remedy() };
            let (token, sentence) = (word.token(), word.sentence());
            format!("| `{token}` | {sentence} | {} | {remedy} |", what_follows(word))
        }),
    );
    let failure = |failure: &Failure| format!("| `{}` | {} |", failure.token(), failure.sentence());
    assert_lines("README.md", Failure::ALL.iter().map(failure));
}

#[test]
fn the_man_page_and_the_example_have_every_option() {
    let man = read("man/dynhost.conf.5");
    let example = read("examples/dynhost.conf");
    for option in options() {
        let section = format!(".Sh CONFIG {}\n", option.section.to_uppercase());
        let part = man.split_once(&section).expect("a part for each section type").1;
        let part = part.split("\n.Sh ").next().unwrap_or_default();
        let entry = format!(".It Cm {}\n", option.name);
        assert!(part.contains(&entry), "man/dynhost.conf.5 lacks {} {}", option.section, entry);
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

/// A configuration with its examples switched on: `#` directly before a keyword goes away.
fn uncommented(configuration: &str) -> String {
    let keywords = ["#config ", "#\toption ", "#\tlist "];
    let line = |line: &str| {
        let is_example = keywords.iter().any(|keyword| line.starts_with(keyword));
        format!("{}\n", if is_example { &line[1..] } else { line })
    };
    configuration.lines().map(line).collect()
}

/// The faults of a configuration whose password files can be read.
fn faults(path: &str, text: &str) -> (usize, Vec<String>) {
    let config = config::read(path, text.as_bytes(), &|_| Ok("secret".into()));
    let usable = |entry: &&HostEntry| matches!(entry, HostEntry::Usable(_));
    let usable = config.hosts.iter().filter(usable).count();
    (usable, config.faults.iter().map(ToString::to_string).collect())
}

#[test]
fn every_shipped_configuration_passes_the_check_as_it_is_and_with_its_examples() {
    let path = "examples/dynhost.conf";
    let text = read(path);
    assert_eq!(faults(path, &text), (1, vec![]));
    assert_eq!(faults(path, &uncommented(&text)), (4, vec![]));
    let path = "openwrt/dynhost/files/dynhost.config";
    if root().join(path).exists() {
        let text = read(path);
        assert_eq!(faults(path, &text).1.len(), 1, "nothing is wrong but that no host is there");
        assert_eq!(faults(path, &uncommented(&text)), (2, vec![]));
    }
}

#[test]
fn the_configurations_in_readme_and_man_page_pass_the_check() {
    let readme = read("README.md");
    let mut blocks = 0;
    for block in readme.split("```").skip(1).step_by(2) {
        let text = block.split_once('\n').map_or("", |(_, text)| text);
        // Two spaces of a terminal's output are no configuration of ours.
        if text.starts_with("config host") {
            assert_eq!(faults("README.md", text), (1, vec![]), "{text}");
            blocks += 1;
        }
    }
    assert!(blocks >= 2, "the configurations were not found");
    let man = read("man/dynhost.conf.5");
    let example = man.split_once(".Sh EXAMPLES").expect("examples").1;
    let example = example.split_once(".Bd -literal -offset indent\n").expect("a block").1;
    let example = example.split_once(".Ed").expect("its end").0;
    assert_eq!(faults("man/dynhost.conf.5", example), (1, vec![]));
}

#[test]
fn readme_and_man_page_have_every_command_flag_and_exit_code_of_the_help() {
    let help: Vec<&str> = HELP.split([' ', '\n', '[', ']', ',', ';', '(', ')']).collect();
    let flags = help.iter().filter_map(|word| word.strip_prefix("--"));
    let flags: Vec<&str> = flags.collect();
    assert!(flags.len() >= 9, "the flags were not found: {flags:?}");
    let readme = read("README.md");
    let man = read("man/dynhost.8");
    for flag in flags {
        assert!(readme.contains(&format!("--{flag}")), "README.md lacks --{flag}");
        let in_man = [format!("Fl -{flag}"), format!("| -{flag}")];
        assert!(in_man.iter().any(|text| man.contains(text)), "man/dynhost.8 lacks --{flag}");
    }
    let commands = HELP.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands = commands.filter_map(|line| line.split_ascii_whitespace().next());
    let commands: Vec<&str> = commands.filter(|word| !word.starts_with('-')).collect();
    assert!(commands.contains(&"update") && commands.contains(&"resume"), "{commands:?}");
    for command in commands {
        assert!(readme.contains(&format!("dynhost {command}")), "README.md lacks {command}");
        assert!(man.contains(&format!(".It Cm {command}")), "man/dynhost.8 lacks {command}");
    }
    for code in [
        error::EXIT_OK,
        error::EXIT_USAGE,
        error::EXIT_NO_ADDRESS,
        error::EXIT_SYSTEM,
        error::EXIT_FILES,
        error::EXIT_RETRY,
        error::EXIT_HELD,
        error::EXIT_CONFIG,
    ] {
        assert!(HELP.contains(&format!("{code} ")), "the help lacks {code}");
        assert!(readme.contains(&format!("\n| {code} | ")), "README.md lacks {code}");
        assert!(man.contains(&format!("\n.It {code}\n")), "man/dynhost.8 lacks {code}");
    }
}

#[test]
fn readme_and_man_page_have_every_result_of_an_update() {
    let results = HELP.split_once("RESULT is one of\n").expect("the results").1;
    let results = results.lines().next().expect("a line").split(' ');
    for result in results {
        assert_mentions("README.md", [format!("`{result}`").as_str()]);
        assert_mentions("man/dynhost.8", [format!(".Cm {result}").as_str()]);
    }
}

#[test]
fn the_readme_has_every_field_of_the_state_file_and_every_metric() {
    let host = "home".try_into().expect("short");
    let hostname = "home.example.com".try_into().expect("short");
    let mut state = State::default();
    state.records.push(Record::new(host, hostname, Family::Ipv4));
    let json: serde_json::Value = serde_json::from_slice(&state.to_json()).expect("JSON");
    let fields = |value: &serde_json::Value| {
        let names = value.as_object().expect("an object").keys();
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>()
    };
    let mut wanted = fields(&json);
    wanted.extend(fields(&json["records"][0]));
    let metrics = status::prometheus(&state);
    let metrics = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    wanted.extend(metrics.filter_map(|line| Some(format!("`{}`", line.split(' ').next()?))));
    assert!(wanted.len() > 20, "{wanted:?}");
    assert_mentions("README.md", wanted.iter().map(String::as_str));
}

#[test]
fn the_state_file_in_the_readme_can_be_read() {
    let readme = read("README.md");
    let json = readme.split_once("```json\n").expect("an example").1;
    let json = json.split_once("```").expect("its end").0;
    let state = State::from_json(json.as_bytes(), u64::MAX).expect("a state");
    assert_eq!(state.records.len(), 1);
}

#[test]
fn the_changelog_has_this_version_first() {
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find_map(|line| line.strip_prefix("## [")).expect("a version");
    let version = first.split(']').next().unwrap_or_default();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}

/// The parts of the Makefile and the targets they bring.
const PARTS: [(&str, &[&str]); 5] = [
    ("Makefile", &["help", "demo", "test", "lint", "fuzz", "clean"]),
    ("cross/cross.mk", &["cross", "test-cross", "release"]),
    ("openwrt/openwrt.mk", &["packages"]),
    ("openwrt/router/router.mk", &["router-test"]),
    ("benches/bench.mk", &["bench"]),
];

#[test]
fn every_make_target_that_is_promised_is_there() {
    let readme = read("README.md");
    for target in readme.split("`make ").skip(1).filter_map(|rest| rest.split('`').next()) {
        for target in target.split(' ').take_while(|word| !word.contains('=')) {
            let known = PARTS.iter().any(|(_, targets)| targets.contains(&target));
            assert!(known, "README.md names make {target}, which there is not");
        }
    }
    for (makefile, targets) in PARTS.iter().filter(|(path, _)| root().join(path).exists()) {
        let makefile = format!("\n{}", read(makefile));
        for target in *targets {
            assert!(makefile.contains(&format!("\n{target}:")), "there is no make {target}");
        }
    }
}
