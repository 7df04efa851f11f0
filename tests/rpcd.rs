//! Does the object answer as rpcd wants it, whatever it is given, and tell no secret?

mod jobs;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::agent::Running;
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::netns;
use crate::support::temp::TempDir;

/// The file of libuci that wins over `/etc/config`; it lies in memory that only the test has.
const CONFIG: &str = "/var/run/uci/dynhost";

/// A network with a line, files at their places on a router, and a lab.
struct Router {
    lab: Lab,
    folder: TempDir,
    log: PathBuf,
}

impl Router {
    fn new() -> Self {
        Self::with(|| {
            netns::mount_tmpfs(Path::new("/etc/init.d"), "size=64k");
            LabOptions::default()
        })
    }

    /// `etc` makes the service's place, and says what there is at the provider.
    fn with(etc: impl FnOnce() -> LabOptions) -> Self {
        netns::enter();
        netns::add_wan("81.2.69.10/24");
        netns::mount_tmpfs(Path::new("/run"), "size=4m");
        let options = etc();
        let folder = TempDir::new();
        let log = folder.path().join("service");
        let lab = Lab::start(options);
        fs::create_dir("/run/uci").expect("a folder");
        let router = Self { lab, folder, log };
        fs::create_dir(router.folder.path().join("rpcd")).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_dynhost"), router.program()).expect("a link");
        let service = format!("#!/bin/sh\necho \"$@\" >> {}\n", router.log.display());
        let write = Command::new("sh")
            .args(["-c", "printf %s \"$1\" > /etc/init.d/dynhost; chmod 755 /etc/init.d/dynhost"])
            .args(["sh", &service])
            .status();
        assert!(write.is_ok_and(|status| status.success()));
        router.configure(&Self::host("home", "secret"));
        router
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("rpcd/dynhost")
    }

    fn configure(&self, hosts: &str) {
        let provider = self.lab.provider_section("lab");
        fs::write(CONFIG, format!("{provider}\n{hosts}")).expect("a configuration");
        fs::set_permissions(CONFIG, fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    fn host(name: &str, password: &str) -> String {
        format!(
            "config host '{name}'\n\toption hostname 'home.example.com'\n\
             \toption username 'example.com-home'\n\toption password '{password}'\n\
             \toption provider 'lab'\n"
        )
    }

    /// What the program prints, and how it ends.
    fn ask(&self, words: &[&str], input: &[u8]) -> (String, i32) {
        let mut child = Command::new(self.program())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // It may have ended without reading all.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        let output = child.wait_with_output().expect("an end");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        (printed, output.status.code().expect("an exit code"))
    }

    fn call(&self, method: &str, arguments: &Value) -> Value {
        let mut arguments = arguments.clone();
        arguments["ubus_rpc_session"] = "5e55".into();
        let (printed, code) = self.ask(&["call", method], arguments.to_string().as_bytes());
        assert_eq!(code, 0);
        assert!(!printed.contains("5e55"), "{printed}");
        let answer: Value = serde_json::from_str(&printed).expect(&printed);
        assert!(answer.is_object(), "{printed}");
        answer
    }

    fn record(&self) -> Value {
        self.call("status", &json!({}))["state"]["records"][0].clone()
    }

    fn asked(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

#[test]
fn the_object_lists_its_methods_with_the_types_of_their_arguments() {
    let router = Router::new();
    fs::remove_file(CONFIG).expect("it was there");
    let (printed, code) = router.ask(&["list"], b"");
    let list: Value = serde_json::from_str(&printed).expect("JSON");
    let mut names: Vec<&String> = list.as_object().expect("an object").keys().collect();
    names.sort();
    let wanted = [
        "check", "config", "doctor", "pause", "remove", "resume", "set", "setup", "status",
        "update",
    ];
    assert_eq!((names.iter().map(|name| name.as_str()).collect(), code), (wanted.to_vec(), 0));
    assert_eq!(list["update"], json!({"host": "", "force": true}));
    for words in [&[][..], &["frobnicate"], &["call"], &["call", "a", "b"], &["--version"]] {
        let (printed, code) = router.ask(words, b"{}");
        assert!(printed.contains("\"code\":\"usage\"") && code == 64, "{words:?}: {printed}");
    }
}

#[test]
fn a_name_is_added_updated_held_corrected_paused_and_removed() {
    let router = Router::new();
    router.configure("");
    let new = json!({
        "host": "home", "new": true, "hostname": "home.example.com",
        "username": "example.com-home", "password": "wrong", "provider": "lab",
        "family": ["ipv4"], "interface": [],
    });
    assert_eq!(router.call("set", &new), json!({"changed": true, "applied": true}));
    assert_eq!(router.call("set", &new)["error"]["field"], "host");
    let answer = router.call("update", &json!({"host": "home"}));
    assert_eq!(answer["exit"], 77, "{answer}");
    assert_eq!(answer["lines"][0]["result"], "held");
    assert_eq!(router.record()["state"], "held");
    // The empty password of a form changes nothing.
    let same = json!({"host": "home", "password": "", "hostname": "home.example.com"});
    assert_eq!(router.call("set", &same), json!({"changed": false, "applied": true}));
    let answer = router.call("set", &json!({"host": "home", "password": "secret"}));
    assert_eq!(answer["changed"], true);
    let answer = router.call("update", &json!({}));
    assert_eq!((&answer["running"], &answer["exit"]), (&json!(false), &json!(0)), "{answer}");
    assert_eq!(router.record()["published"]["address"], "81.2.69.10");

    let answer = router.call("pause", &json!({"host": "home"}));
    assert_eq!(
        (&answer["changed"], &answer["lines"][0]["result"]),
        (&json!(true), &json!("disabled"))
    );
    assert_eq!(router.record()["state"], "disabled");
    assert_eq!(router.call("config", &json!({}))["hosts"][0]["enabled"], false);
    assert_eq!(router.call("pause", &json!({"host": "home", "paused": false}))["changed"], true);
    assert_eq!(router.call("remove", &json!({"host": "home"}))["changed"], true);
    assert_eq!(router.call("config", &json!({}))["hosts"], json!([]));
    assert_eq!(router.asked(), "reload\n".repeat(5), "once for each change");
    let mode = fs::metadata(CONFIG).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_hold_is_released_and_tried_at_once() {
    let router = Router::new();
    router.lab.fault_times(Fault::Word("nohost".into()), 1);
    assert_eq!(router.call("update", &json!({}))["exit"], 77);
    let answer = router.call("resume", &json!({"host": "home"}));
    assert_eq!(answer["lines"][0]["result"], "updated", "{answer}");
    let unknown = router.call("resume", &json!({"host": "nobody"}));
    assert_eq!(unknown["error"]["code"], "failed", "{unknown}");
}

#[test]
fn no_answer_holds_a_secret_or_what_could_be_one() {
    let router = Router::new();
    let lost = "config host 'lost'\n\toption hostname 'a\n\toption password hunter2\n'\n\
                \toption username 'x:hunter2'\n\toption password 'hunter2'\n";
    router.configure(&(Router::host("home", "hunter2") + lost));
    router.call("update", &json!({}));
    for method in ["status", "config", "check", "update"] {
        let answer = router.call(method, &json!({})).to_string();
        assert!(!answer.contains("hunter2"), "{method}: {answer}");
    }
    assert_eq!(router.call("config", &json!({}))["hosts"][0]["has_password"], true);
    let check = router.call("check", &json!({}));
    assert!(check["faults"].as_array().expect("a list").iter().any(|f| f["host"] == "lost"));
}

#[test]
fn arguments_of_every_wrong_kind_are_refused_and_change_nothing() {
    let router = Router::new();
    let before = fs::read(CONFIG).expect("a file");
    let long = "x".repeat(10 * 1024);
    let evil = [
        "'",
        "\"",
        "$(touch /run/evil)",
        "`touch /run/evil`",
        "a\nb",
        "a\u{0}b",
        "<script>",
        "é\u{202e}",
        "--help=x",
        "../../etc/passwd",
        "' option password 'x",
        &long,
    ];
    let values = evil.iter().map(|text| json!(text)).chain([
        json!(7),
        json!(null),
        json!({"a": 1}),
        json!([[]]),
        json!([7]),
        json!(1.5),
    ]);
    for value in values {
        for field in ["host", "new", "enabled", "hostname", "provider", "family", "interface"] {
            let mut arguments = json!({"host": "home"});
            arguments[field] = value.clone();
            let answer = router.call("set", &arguments);
            assert!(answer["error"]["text"].is_string(), "{field}: {value}: {answer}");
            let mut arguments = json!({"host": "home"});
            arguments[field] = json!([value]);
            let answer = router.call("set", &arguments);
            assert!(answer["error"]["text"].is_string(), "{field}: [{value}]: {answer}");
        }
        // The kernel takes almost anything for a device's name.
        router.call("set", &json!({"host": "home", "device": value}));
        router.call("set", &json!({"host": "home", "device": ""}));
        for method in ["update", "resume", "pause", "remove"] {
            let answer = router.call(method, &json!({"host": value}));
            assert!(answer["error"]["code"].is_string(), "{method}: {value}: {answer}");
        }
    }
    for input in ["{", "[]", "\"x\"", "{\"host\":", "\u{feff}{}", "{}{}", "{\"host\":\"\\ud800\"}"]
    {
        let (printed, code) = router.ask(&["call", "remove"], input.as_bytes());
        assert!(printed.starts_with("{\"error\":") && code == 0, "{input}: {printed}");
    }
    let flood = vec![b'['; 200 * 1024];
    let (printed, _) = router.ask(&["call", "set"], &flood);
    assert!(printed.contains("the arguments cannot be read"), "{printed}");
    assert_eq!(fs::read(CONFIG).expect("a file"), before);
    assert!(!Path::new("/run/evil").exists());
}

/// A login and a password may hold anything printable: they are taken, and reach the provider whole.
#[test]
fn a_password_of_every_kind_is_written_so_that_it_is_read_as_it_was() {
    let router = Router::new();
    for password in ["p'q\"r\\", "$(reboot)", "`x` #;", "<script>", " é😀 ", "' option enabled '0"]
    {
        let answer = router.call("set", &json!({"host": "home", "password": password}));
        assert_eq!(answer, json!({"changed": true, "applied": true}), "{password}");
        let text = fs::read(CONFIG).expect("a file");
        let parsed = dynhost::uci::parse(&text);
        let host = parsed.sections.iter().find(|s| s.kind == "host").expect("a host");
        let value = &host.option("password").expect("a password").value;
        assert_eq!(value, &dynhost::uci::Value::String(password.into()));
        assert_eq!(host.options.len(), 4);
    }
}

#[test]
fn a_provider_that_hangs_is_not_waited_for_longer_than_a_browser_does() {
    let router = Router::new();
    router.lab.fault(Fault::Hang);
    let started = Instant::now();
    assert_eq!(router.call("update", &json!({"host": "home"})), json!({"running": true}));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    // What was started goes on by itself.
    router.lab.clear_faults();
    assert!(router.call("status", &json!({}))["state"]["records"].is_array());
}

#[test]
fn one_that_stays_is_asked() {
    let router = Router::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynhost"));
    command.arg("run").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command);
    running.wait_for_log("IP is now 81.2.69.10", Duration::from_secs(20));
    let answer = router.call("update", &json!({"host": "home"}));
    assert_eq!(answer["lines"][0]["result"], "unchanged", "{answer}");
    running.kill();
}
