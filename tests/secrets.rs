//! The password: any text works, and nobody but the provider ever sees it.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::support::agent::Agent;
use crate::support::lab::certificates::Wrong;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::lab::reply::Reply;
use crate::support::stage::{Stage, WAN, host, one_host};
use crate::support::temp::TempDir;

const ODD: [&str; 12] = [
    "a#b",
    "#",
    "a?b=c&d",
    "a:b:c",
    "user@host",
    "50%25%zz",
    "a\"b",
    "a'b''c",
    "a\\b\\n\\",
    " two  blanks ",
    "motdepass\u{e9} \u{20ac} \u{1f511}",
    "#?:@%\"'\\ \u{e9}",
];
const SECRET: &str = "pa55#W:%0rd\u{e9}";

fn knowing(password: &str) -> LabOptions {
    let identifiers = vec![Identifier::new("example.com-home", password, "home")];
    LabOptions { identifiers, ..LabOptions::default() }
}

/// The password in the forms it takes on its way, and in which a page may repeat it.
fn forms() -> Vec<String> {
    let encoded: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let pair = format!("example.com-home:{SECRET}");
    let each = |write: fn(char) -> String| SECRET.chars().map(write).collect::<String>();
    let bytes = |write: fn(u8) -> String| SECRET.bytes().map(write).collect::<String>();
    vec![
        SECRET.into(),
        SECRET.to_uppercase(),
        SECRET.replace('\u{e9}', "\\u{e9}"),
        SECRET.replace('#', "&num;").replace('%', "&#37;").replace('\u{e9}', "&eacute;"),
        encoded.to_lowercase(),
        form_urlencoded::byte_serialize(encoded.as_bytes()).collect(),
        encoded,
        each(|c| format!("&#{};", u32::from(c))),
        each(|c| format!("&#x{:X};", u32::from(c))),
        each(|c| format!("\\u{:04x}", u32::from(c))),
        each(|c| format!("\\{c}")),
        bytes(|byte| format!("%{byte:02X}")),
        bytes(|byte| format!("%{byte:02x}")),
        bytes(|byte| format!("{byte:02x}")),
        bytes(|byte| format!("\\x{byte:02X}")),
        STANDARD.encode(&pair),
        URL_SAFE_NO_PAD.encode(&pair),
        STANDARD.encode(SECRET),
        STANDARD.encode(format!("a{SECRET}")),
        STANDARD.encode(format!("ab{SECRET}")),
    ]
}

#[track_caller]
fn assert_clean(what: &str, text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} shows the password: {text}");
        // Nor what is left of it: the start, or the end.
        let half = form.chars().count() / 2;
        let (start, end) = form.split_at(form.char_indices().nth(half).map_or(0, |(at, _)| at));
        for part in [start, end].into_iter().filter(|part| part.len() >= 6) {
            assert!(!text.contains(part), "{what} shows {part} of the password: {text}");
        }
    }
}

#[test]
fn a_page_that_repeats_the_request_is_not_quoted_in_any_form() {
    let stage = Stage::with(knowing(SECRET));
    let statuses = [200, 404, 503];
    for (index, form) in forms().iter().enumerate() {
        stage.lab.clear_faults();
        // Whole, and across the place where the text is cut.
        let dots = ".".repeat(if index % 2 == 0 { 0 } else { 50 });
        let page = format!("{dots}{form} is wrong");
        stage.lab.fault(Fault::Reply(Reply::html(statuses[index % 3], &page)));
        let agent = Agent::new(&one_host(&stage.lab, &[("password", SECRET)]));
        for command in [&["update"][..], &["status"], &["status", "--json"]] {
            let output = agent.run(&[&["--log-level", "debug"], command].concat());
            assert_clean(form, &output.stdout);
            assert_clean(form, &output.stderr);
        }
        assert_clean_files(&agent.state_dir());
    }
    assert_eq!(stage.lab.requests().len(), forms().len());
}

#[test]
fn a_password_that_is_a_word_of_ours_changes_no_sentence() {
    for password in ["address", "wrong", "login", "provider", "ip"] {
        let stage = Stage::with(knowing(password));
        stage.configure(&[("password", password)]);
        assert!(stage.update().stdout.contains("address stored"), "{password}");
        stage.lab.fault(Fault::Unauthorized);
        let refused = stage.agent.run(&["update", "--force"]);
        assert!(refused.stdout.contains("login or password is wrong"), "{}", refused.stdout);
    }
}

/// Every file under `directory`, name and content.
fn assert_clean_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        assert_clean("a file's name", &path.display().to_string());
        if path.is_dir() {
            assert_clean_files(&path);
        } else {
            let content = std::fs::read(&path).unwrap();
            assert_clean(&path.display().to_string(), &String::from_utf8_lossy(&content));
        }
    }
}

#[test]
fn every_password_arrives_as_it_was_written() {
    for password in ODD {
        let stage = Stage::with(knowing(password));
        stage.configure(&[("password", password)]);
        assert_eq!(stage.update().verdict(), (0, "updated"), "{password:?}");
        let authorization =
            stage.lab.requests()[0].request.header("authorization").unwrap().to_owned();
        assert!(authorization.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
}

#[test]
fn a_password_file_serves_the_same_and_may_end_its_line() {
    for password in ODD {
        for end in ["", "\n", "\r\n"] {
            let stage = Stage::with(knowing(password));
            let directory = TempDir::new();
            let file = directory.path().join("password");
            std::fs::write(&file, format!("{password}{end}")).unwrap();
            let option = format!("\toption password_file '{}'\n", file.display());
            let config = one_host(&stage.lab, &[]).replace("\toption password 'secret'\n", &option);
            stage.agent.configure(&config);
            let verdict = stage.update().verdict();
            assert_eq!(verdict, (0, "updated"), "{password:?}{end:?}");
        }
    }
}

#[test]
fn a_longest_password_stays_one_line() {
    let password = "\u{e9}".repeat(127);
    let stage = Stage::with(knowing(&password));
    stage.configure(&[("password", &password)]);
    assert_eq!(stage.update().code(), 0);
}

#[test]
fn no_command_shows_it_at_any_level_whatever_goes_wrong() {
    let stage = Stage::with(knowing(SECRET));
    let elsewhere = format!("https://localhost:{}/", stage.lab.https_address().port());
    let json = Reply::text(400, "{\"class\":\"x\",\"message\":\"{'myip': ['Invalid ip']}\"}");
    let faults = [
        None,
        Some(Fault::Unauthorized),
        Some(Fault::Word("911".into())),
        Some(Fault::Html200),
        Some(Fault::Html503),
        Some(Fault::BigBody),
        Some(Fault::CloseBeforeReply),
        Some(Fault::Redirect(elsewhere)),
        Some(Fault::Reply(json)),
        Some(Fault::Certificate(Wrong::Untrusted)),
        Some(Fault::Certificate(Wrong::NotYetValid)),
    ];
    for fault in faults {
        stage.lab.clear_faults();
        fault.clone().into_iter().for_each(|fault| stage.lab.fault(fault));
        let agent = Agent::new(&one_host(&stage.lab, &[("password", SECRET)]));
        let commands = [
            &["update", "--dry-run"][..],
            &["update"],
            &["update", "--force"],
            &["update"],
            &["status"],
            &["status", "--json"],
            &["status", "--prometheus"],
            &["check"],
            &["resume", "home"],
        ];
        for command in commands {
            let output = agent.run(&[&["--log-level", "debug"], command].concat());
            let what = format!("{command:?} with {fault:?}");
            assert_clean(&what, &output.stdout);
            assert_clean(&what, &output.stderr);
        }
        assert_clean_files(&agent.state_dir());
    }
    let requests = stage.lab.requests();
    assert!(requests.len() > 8, "the password was on its way {} times", requests.len());
    for sent in requests {
        assert_clean("the URL", &sent.request.target);
    }
}

#[test]
fn every_level_of_the_log_is_clean() {
    for level in ["error", "warn", "info", "debug"] {
        for fault in [Fault::Unauthorized, Fault::CloseBeforeReply] {
            let stage = Stage::with(knowing(SECRET));
            stage.lab.fault(fault);
            stage.configure(&[("password", SECRET)]);
            let output = stage.agent.run(&["--log-level", level, "update"]);
            assert_clean(level, &output.stderr);
        }
    }
    // RUST_LOG and friends open no door either.
    let mut stage = Stage::with(knowing(SECRET));
    for name in ["RUST_LOG", "SSLKEYLOGFILE"] {
        stage.agent.set_env(name, if name == "RUST_LOG" { "trace" } else { "/nowhere/keys" });
    }
    stage.configure(&[("password", SECRET)]);
    let output = stage.update();
    assert_eq!(output.code(), 0);
    assert!(!output.stderr.contains("TRACE") && !output.stderr.contains("authorization"));
    assert_clean("RUST_LOG", &output.stderr);
}

#[test]
fn a_token_in_a_providers_url_is_neither_said_nor_kept() {
    let stage = Stage::with(knowing("l0ng-enough"));
    let tail = "hostname={hostname}&token=pa55&myip={address}&pa55";
    let section =
        stage.lab.provider_section("lab").replace("&myip={address}", "&myip={address}&pa55");
    let section = section.replace("hostname={hostname}", "hostname={hostname}&token=pa55");
    assert!(section.contains(tail), "{section}");
    stage.agent.configure(&(section + &host("home", &[("password", "l0ng-enough")])));
    let shown = "/nic/update?system=dyndns&hostname=home.example.com&token=***&myip=81.2.69.10&***";
    for command in [&["update", "--dry-run"][..], &["doctor"], &["check"], &["update"], &["status"]]
    {
        let output = stage.agent.run(&[&["--log-level", "debug"], command].concat());
        assert!(!output.said().contains("pa55"), "{output:?}");
        let is_shown = command.len() == 2 || command == ["doctor"];
        assert_eq!(output.stdout.contains(shown), is_shown, "{output:?}");
    }
    let not_found = "HTTP/1.1 302 Found\r\nConnection: close\r\n\r\n/nic/update?token=pa55&pa55";
    stage.lab.fault(Fault::Raw(not_found.into()));
    let output = stage.agent.run(&["update", "--force"]);
    assert_eq!(output.code(), 75, "{output:?}");
    assert!(!output.said().contains("pa55"), "{output:?}");
    let sent = &stage.lab.requests()[0].request;
    assert!(sent.target.ends_with("&token=pa55&myip=81.2.69.10&pa55"), "{sent:?}");
    let kept = std::fs::read_to_string(stage.agent.state_file()).unwrap();
    assert!(!kept.contains("pa55"), "{kept}");
}

#[test]
fn faults_in_the_configuration_do_not_repeat_it() {
    let stage = Stage::new();
    let rows = [
        // A name that is almost right, a value too many, a lost quote, a line break, a list.
        format!("\toption pasword '{SECRET}'\n"),
        format!("\toption password '{SECRET}' 'x'\n"),
        format!("\toption password '{SECRET}\n\toption enabled '1'\n"),
        format!("\toption password '{SECRET}\nnext'\n"),
        format!("\tlist password '{SECRET}'\n\tlist password 'x'\n"),
        format!("\toption password_file '{SECRET}'\n"),
        format!("\toption username '{SECRET}:x'\n"),
        format!("\toption command '{SECRET}'\n"),
    ];
    for row in rows {
        let plain = one_host(&stage.lab, &[]).replace("\toption password 'secret'\n", &row);
        stage.agent.configure(&plain);
        for command in [&["check"][..], &["update", "--dry-run"], &["status"]] {
            let output = stage.agent.run(&[&["--log-level", "debug"], command].concat());
            assert_clean(&row, &format!("{}{}", output.stdout, output.stderr));
            if command == ["check"] {
                assert_eq!(output.code(), 78, "{row}");
            }
        }
    }
}

#[test]
fn it_is_in_no_argument_and_no_environment_and_no_core_dump() {
    if Agent::is_emulated("/proc shows the emulator's arguments and limits") {
        return;
    }
    let stage = Stage::with(knowing(SECRET));
    stage.lab.fault(Fault::Hang);
    stage.configure(&[("password", SECRET)]);
    let running = stage.agent.spawn(&["update"]);
    assert!(stage.lab.wait_for_requests(1, Duration::from_secs(20)));
    let seen = |file: &str| {
        let path = format!("/proc/{}/{file}", running.id());
        let content = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        String::from_utf8_lossy(&content).into_owned()
    };
    let arguments = seen("cmdline");
    assert!(arguments.contains("update"), "{arguments}");
    assert_clean("cmdline", &arguments);
    assert_clean("environ", &seen("environ"));
    assert_clean("comm", &seen("comm"));
    let limits = seen("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    assert_clean_files(&stage.agent.state_dir());
    running.kill();
}

#[test]
fn only_the_configuration_decides_who_may_read_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let mode = |name: &str| {
        let file = std::fs::metadata(stage.agent.state_dir().join(name)).unwrap();
        file.permissions().mode() & 0o777
    };
    // The state is for LuCI and scripts, the key under its fingerprints for nobody.
    assert_eq!((mode("state.json"), mode("private"), mode("private/key")), (0o644, 0o700, 0o600));
    assert_eq!(stage.agent.record("home")["published"]["address"], WAN);
}
