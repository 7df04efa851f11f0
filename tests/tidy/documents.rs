//! Documents and man pages say what the program does.

use dynhost::cli::{COMMANDS, COMMON, help};
use dynhost::config::options;
use dynhost::judge::{self, Outcome};
use dynhost::provider::failure::Failure;
use dynhost::provider::reply::{self, Meaning, Word};
use dynhost::state::{Identity, Record, State};
use dynhost::{address::Family, error, view};

use super::files::{sources, without_tests};
use super::{assert_lines, assert_mentions, read};

/// The table of sources.
#[test]
fn the_sources_are_documented_as_they_explain_themselves() {
    use dynhost::address::source::Source;
    let rows = Source::ALL.iter().map(|source| source.about()).map(|about| {
        let seconds = about.cadence.poll.as_secs();
        let again = match about.token {
            "interface" => "at once".into(),
            "web" => "`poll_minutes`".into(),
            "auto" => "as above".into(),
            _ => format!("{} min", seconds / 60),
        };
        format!("| `{}` | {} | {again} |", about.token, about.explanation)
    });
    assert_lines("docs/configuration.md", rows);
}

#[test]
fn the_documents_have_a_row_for_every_option() {
    assert_lines(
        "docs/configuration.md",
        options().map(|option| {
            let default = if option.default.is_empty() { "–" } else { option.default };
            format!("| `{}` | {default} | {} |", option.name, option.meaning)
        }),
    );
}

#[test]
fn the_documents_have_a_row_for_every_reply_and_every_failure() {
    let what_follows = |word: &Word| match word.meaning() {
        Meaning::Stored => "remembers address and time",
        Meaning::Rejected { probe: true } => "holds, retries once a day",
        Meaning::Rejected { probe: false } => "holds, stops trying",
        Meaning::Unavailable => "waits 30 minutes, or as long as the provider says",
        Meaning::Hiccup => {
            "waits 1, 2, 5, 10, then 30 minutes, or as long as it says up to 6 hours"
        }
        Meaning::Unknown => "waits 10 minutes, doubled up to 6 hours",
    };
    assert_lines(
        "docs/replies.md",
        Word::ALL.iter().map(|word| {
            let remedy = if word.remedy().is_empty() { "–" } else { word.remedy() };
            let (token, sentence) = (word.token(), word.sentence());
            format!("| `{token}` | {sentence} | {} | {remedy} |", what_follows(word))
        }),
    );
    let failure = |failure: &Failure| format!("| `{}` | {} |", failure.token(), failure.sentence());
    assert_lines("docs/replies.md", Failure::ALL.iter().map(failure));
}

#[cfg(feature = "doctor")]
#[test]
fn every_trouble_of_the_doctor_is_in_its_document() {
    use dynhost::doctor::{Trouble, Verdict};
    assert_lines(
        "docs/doctor.md",
        Trouble::ALL.iter().map(|trouble| {
            let remedy = trouble.remedy();
            let remedy = if remedy.is_empty() { "see its sentence" } else { remedy };
            let exit = match trouble.verdict() {
                Verdict::Fault => trouble.exit().to_string(),
                _ => "–".into(),
            };
            let (topic, verdict) = (trouble.topic().token(), trouble.verdict().token());
            format!("| {topic} | {verdict} | {exit} | {} | {remedy} |", trouble.meaning())
        }),
    );
}

#[test]
fn documents_and_man_page_have_every_command_and_flag_of_the_help() {
    let own = COMMANDS.iter().flat_map(|verb| verb.flags);
    let flags = COMMON.iter().chain(own).map(|flag| flag.name).chain(["version", "help"]);
    let (document, man) = (read("docs/commands.md"), read("man/dynhost.8"));
    for flag in flags {
        assert!(document.contains(&format!("--{flag}")), "docs/commands.md lacks --{flag}");
        let in_man = [format!("Fl -{flag}"), format!("| -{flag}")];
        assert!(in_man.iter().any(|text| man.contains(text)), "man/dynhost.8 lacks --{flag}");
    }
    let readme = read("README.md");
    for command in COMMANDS.iter().map(|verb| verb.name) {
        assert!(readme.contains(&format!("dynhost {command}")), "README.md lacks {command}");
        let row = format!("\n| `dynhost {command}");
        assert!(document.contains(&row), "docs/commands.md lacks {command}");
        assert!(man.contains(&format!(".It Cm {command}")), "man/dynhost.8 lacks {command}");
    }
}

#[cfg(feature = "ovh")]
#[test]
fn documents_and_man_page_have_every_command_option_and_variable_of_ovh() {
    let help = dynhost::cli::ovh::HELP;
    let words: Vec<&str> = help.split([' ', '\n', '[', ']', ',', ';', '(', ')']).collect();
    let mut flags: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("--")).collect();
    flags.sort_unstable();
    flags.dedup();
    let variables: Vec<&&str> = words.iter().filter(|word| word.starts_with("OVH_")).collect();
    assert!(flags.len() >= 11 && variables.len() == 6, "{flags:?} {variables:?}");
    let (document, man) = (read("docs/commands.md"), read("man/dynhost.8"));
    for flag in flags {
        assert!(document.contains(&format!("--{flag}")), "docs/commands.md lacks --{flag}");
        assert!(man.contains(&format!("Fl -{flag}")), "man/dynhost.8 lacks --{flag}");
    }
    for variable in variables {
        assert!(document.contains(&format!("`{variable}`")), "docs/commands.md lacks {variable}");
        assert!(man.contains(*variable), "man/dynhost.8 lacks {variable}");
    }
    for line in help.lines().filter_map(|line| line.get(7..)?.strip_prefix("dynhost ovh ")) {
        let line = line.split(['[', '|']).next().unwrap_or_default().trim();
        let command: Vec<&str> = line.split(" -").next().unwrap_or_default().split(' ').collect();
        let command = command.join(" ");
        assert!(document.contains(&format!("| `dynhost ovh {command}")), "lacks {command}");
    }
}

#[test]
fn documents_and_man_page_have_every_exit_code() {
    let (document, man) = (read("docs/commands.md"), read("man/dynhost.8"));
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
        assert!(help().contains(&format!("{code} ")), "the help lacks {code}");
        assert!(document.contains(&format!("\n| {code} | ")), "docs/commands.md lacks {code}");
        assert!(man.contains(&format!("\n.It {code}\n")), "man/dynhost.8 lacks {code}");
    }
}

#[test]
fn documents_and_man_page_have_every_result_of_an_update() {
    let help = help();
    let results = help.split_once("RESULT is one of\n").expect("the results").1;
    let results = results.lines().next().expect("a line").split(' ');
    for result in results {
        assert_mentions("docs/commands.md", [format!("\n| `{result}` |").as_str()]);
        assert_mentions("man/dynhost.8", [format!(".Cm {result}").as_str()]);
    }
}

#[test]
fn documents_and_man_page_have_every_variable_of_on_change() {
    let mut count = 0;
    for path in sources() {
        let source = read(&path);
        let set = without_tests(&source).split("(\"DYNHOST_").skip(1);
        for variable in set.filter_map(|rest| rest.split('"').next()) {
            assert_mentions("docs/commands.md", [format!("`DYNHOST_{variable}`").as_str()]);
            let entry = format!("\n.It Ev DYNHOST_{variable}\n");
            assert_mentions("man/dynhost.8", [entry.as_str()]);
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} variables were found");
}

#[test]
fn the_documents_have_every_field_of_the_state_file_and_every_metric() {
    let identity = Identity {
        section: "home".try_into().expect("short"),
        hostname: "home.example.com".try_into().expect("short"),
        family: Family::Ipv4,
        fingerprint: "00000001".try_into().expect("eight digits"),
    };
    let mut record = Record::new(identity);
    let address = "81.2.69.10".parse().expect("an address");
    record.past = judge::begin(1, &record.past, address);
    let reply = reply::read(503, None, b"", address);
    record.past = judge::learn(1, &record.past, address, &Outcome::Replied(reply));
    let mut state = State::default();
    state.records.push(record);
    let json: serde_json::Value = serde_json::from_slice(&state.to_json()).expect("JSON");
    let fields = |value: &serde_json::Value| {
        let names = value.as_object().expect("an object").keys();
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>()
    };
    let mut wanted = fields(&json);
    wanted.extend(fields(&json["records"][0]));
    wanted.extend(fields(&json["records"][0]["last"]));
    let metrics = view::prometheus(&state.records);
    let metrics = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    wanted.extend(metrics.filter_map(|line| Some(format!("`{}`", line.split(' ').next()?))));
    assert!(wanted.len() > 20, "{wanted:?}");
    assert_mentions("docs/state.md", wanted.iter().map(String::as_str));
}

#[test]
fn the_state_file_in_the_documents_can_be_read() {
    let document = read("docs/state.md");
    let json = document.split_once("```json\n").expect("an example").1;
    let json = json.split_once("```").expect("its end").0;
    let state = State::from_json(json.as_bytes(), u64::MAX).expect("a state");
    assert_eq!(state.records.len(), 1);
}

/// `make demo-check` compares every line; this needs no network and tells sooner.
#[test]
fn the_transcript_says_what_the_demo_says() {
    let script = read("tests/demo.sh");
    let said = script.lines().filter_map(|line| line.strip_prefix("say \"")?.strip_suffix('"'));
    let said: Vec<_> = said.map(|text| format!("# {text}")).collect();
    assert!(said.len() > 8, "{said:?}");
    assert_lines("docs/demo.md", said);
    let sentences = [Word::Good, Word::Nochg, Word::Badauth, Word::Nohost].map(Word::sentence);
    assert_mentions("docs/demo.md", sentences);
}
