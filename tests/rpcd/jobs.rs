//! What takes longer than a call: begun by one, looked at by others, of nobody else's business.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Router;
use crate::support::lab::api::KeyState;
use crate::support::lab::options::LabOptions;
use crate::support::netns;

const SOON: Duration = Duration::from_secs(30);
const PRIVATE: &str = "/run/dynhost/private";
/// What no answer may hold.
const KEYS: [&str; 2] = ["lab-application-secret", "lab-consumer"];

impl Router {
    /// A router whose `/etc` is its own, with an empty account at the provider and a zone in it.
    fn with_account() -> Self {
        let router = Self::with(|| {
            netns::mount_tmpfs(Path::new("/etc"), "size=4m");
            for folder in ["/etc/init.d", "/etc/ssl/certs"] {
                fs::create_dir_all(folder).expect("a folder");
            }
            fs::write("/etc/resolv.conf", "nameserver 127.0.0.1\n").expect("a file");
            let mut options = LabOptions {
                identifiers: Vec::new(),
                records: Vec::new(),
                dns: SocketAddr::from((Ipv4Addr::LOCALHOST, 53)),
                ..LabOptions::default()
            };
            options.api.consumer_key.clear();
            options.api.calls_a_minute = 1000;
            options
        });
        fs::copy(router.lab.ca_file(), "/etc/ssl/certs/ca-certificates.crt").expect("a copy");
        let endpoint = format!("[default]\nendpoint={}\n", router.lab.api_base());
        fs::write("/etc/ovh.conf", endpoint).expect("a file");
        fs::set_permissions("/etc/ovh.conf", Permissions::from_mode(0o600)).expect("a mode");
        router.configure(
            "config host 'home'\n\toption hostname 'home.example.com'\n\toption provider 'lab'\n\
             \toption enabled '0'\n",
        );
        router
    }

    /// The answer once it is over.
    fn ended(&self, method: &str) -> Value {
        self.seen(method, |answer| answer["running"] == false)
    }

    fn seen(&self, method: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.call(method, &json!({}));
            let text = answer.to_string();
            assert!(KEYS.iter().all(|key| !text.contains(key)), "{text}");
            if is_there(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < SOON, "{answer}");
            sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_account_becomes_a_name_step_by_step() {
    let router = Router::with_account();
    let answer = router.call("setup", &json!({}));
    assert_eq!(answer["credentials"]["kind"], "none", "{answer}");
    assert_eq!((&answer["running"], &answer["task"]), (&json!(false), &json!("")));
    let keys = json!({"task": "keys", "application_key": "lab-application",
        "application_secret": "lab-application-secret"});
    assert_eq!(router.call("setup", &keys)["credentials"]["kind"], "unauthorized");
    let mode = fs::metadata("/etc/ovh.conf").expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let authorize = json!({"task": "authorize", "zone": "example.com"});
    let answer = router.call("setup", &authorize);
    assert_eq!((&answer["running"], &answer["begun"]), (&json!(true), &json!(true)), "{answer}");
    let is_link = |line: &Value| line.as_str().is_some_and(|line| line.starts_with("https://"));
    router.seen("setup", |answer| answer["lines"].as_array().expect("a list").iter().any(is_link));
    // While one is at work, there is no other.
    let answer = router.call("setup", &json!({"task": "zones"}));
    assert_eq!((&answer["begun"], &answer["task"]), (&json!(false), &json!("authorize")));
    router.lab.account().set_key("last", KeyState::Validated).expect("a key");
    let answer = router.ended("setup");
    assert_eq!((&answer["exit"], &answer["credentials"]["kind"]), (&json!(0), &json!("keys")));

    router.call("setup", &json!({"task": "zones"}));
    assert_eq!(router.ended("setup")["lines"], json!(["example.com"]));
    let setup = json!({"task": "setup", "zone": "example.com", "subdomain": "home",
        "family": ["ipv4"]});
    router.call("setup", &setup);
    let answer = router.ended("setup");
    assert_eq!(answer["exit"], 0, "{answer}");
    let last = answer["lines"].as_array().expect("a list").last().expect("a line").clone();
    assert!(last.as_str().expect("a text").starts_with("home.example.com points at"), "{last}");
    assert_eq!(router.record()["state"], "current");
    assert_eq!(router.asked(), "reload\n");
    router.call("setup", &json!({"task": "names", "zone": "example.com"}));
    let names = router.ended("setup");
    assert!(names["lines"][0].as_str().expect("a text").starts_with("home\t"), "{names}");
    router.call("setup", &setup);
    let again = router.ended("setup");
    assert!(again["lines"].to_string().contains("keep the identifier"), "{again}");
    assert_eq!(router.lab.identifiers().len(), 1);
    let password = fs::read_to_string(super::CONFIG).expect("a file");
    let password = password.split("option password '").nth(1).expect("one").split('\'').next();
    assert!(!again.to_string().contains(password.expect("one")));
}

#[test]
fn what_is_refused_is_said_in_words_and_changes_nothing() {
    let router = Router::with_account();
    for (task, says, exit) in [
        (json!({"task": "zones"}), "no credentials for the API", 77),
        (json!({"task": "names", "zone": "--help"}), "--zone takes a domain name", 64),
        (json!({"task": "names", "zone": "$(touch /run/evil)x"}), "", 0),
    ] {
        let answer = router.call("setup", &task);
        if says.is_empty() {
            assert_eq!(answer["error"]["field"], "zone", "{answer}");
            continue;
        }
        let answer = router.ended("setup");
        assert_eq!(answer["exit"], exit, "{answer}");
        assert!(answer["errors"].to_string().contains(says), "{answer}");
    }
    let before = fs::read("/etc/ovh.conf").expect("a file");
    let long = "x".repeat(10 * 1024);
    for evil in ["'", "a b", "$(touch /run/evil)\n", "<script>\u{0}", "é", "x\n[default]", &long] {
        for field in ["application_key", "application_secret", "client_secret", "endpoint"] {
            let mut keys =
                json!({"task": "keys", "application_key": "a", "application_secret": "b"});
            if field == "client_secret" {
                keys = json!({"task": "keys", "client_id": "a"});
            }
            keys[field] = evil.into();
            let answer = router.call("setup", &keys);
            if evil != "'" || field == "endpoint" {
                assert!(answer["error"]["text"].is_string(), "{field}: {evil}: {answer}");
                assert_eq!(fs::read("/etc/ovh.conf").expect("a file"), before);
            }
            fs::write("/etc/ovh.conf", &before).expect("a file");
        }
        for field in ["zone", "subdomain"] {
            let mut setup = json!({"task": "setup", "zone": "example.com", "subdomain": "home"});
            setup[field] = evil.into();
            let answer = router.call("setup", &setup);
            if answer["error"].is_null() {
                assert_ne!(router.ended("setup")["exit"], 0, "{evil}");
            }
        }
    }
    assert!(!Path::new("/run/evil").exists());
    assert!(router.lab.identifiers().is_empty());
}

/// Files as the keeper of `doctor` writes them.
#[test]
fn doctor_is_shown_as_far_as_it_has_come_and_to_nobody_else() {
    let router = Router::new();
    let answer = router.call("doctor", &json!({}));
    assert_eq!((&answer["running"], &answer["lines"]), (&json!(false), &json!([])), "{answer}");
    for name in ["doctor.output", "doctor.errors"] {
        let mode = fs::metadata(format!("{PRIVATE}/{name}")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(PRIVATE).expect("a folder").permissions().mode() & 0o777, 0o700);
    let evil = "\"'$(touch /run/evil)</script>\u{202e}";
    let finding = json!({"verdict": "fault", "topic": "dns", "host": "home", "text": evil,
        "remedy": evil, "password": "hunter2"});
    let output = format!("{{\"version\":1,\"lines\":[\n{finding},\n{{\"verdict\":\"ok\",\"to");
    fs::write(format!("{PRIVATE}/doctor.output"), &output).expect("a file");
    fs::write(format!("{PRIVATE}/doctor.errors"), "home\n").expect("a file");
    let file = fs::File::open(format!("{PRIVATE}/doctor.output")).expect("a file");
    let lock = nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusive).expect("a lock");
    let answer = router.call("doctor", &json!({"start": true}));
    assert_eq!((&answer["running"], &answer["task"]), (&json!(true), &json!("home")), "{answer}");
    assert_eq!(answer["lines"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(answer["lines"][0]["remedy"], evil);
    assert!(!answer.to_string().contains("hunter2") && answer["exit"].is_null(), "{answer}");
    drop(lock);
    // Whatever ended without a word was killed.
    assert_eq!(router.call("doctor", &json!({}))["exit"], 137);
}

#[cfg(feature = "doctor")]
#[test]
fn doctor_is_begun_and_comes_to_its_end() {
    let router = Router::new();
    let started = Instant::now();
    let answer = router.call("doctor", &json!({"start": true, "host": "home"}));
    assert_eq!(answer["task"], "home", "{answer}");
    assert!(started.elapsed() < Duration::from_secs(5));
    let answer = router.ended("doctor");
    let lines = answer["lines"].as_array().expect("a list");
    let topics: Vec<_> = lines.iter().filter_map(|line| line["topic"].as_str()).collect();
    for topic in ["configuration", "clock", "interface", "provider", "request", "state"] {
        assert!(topics.contains(&topic), "{topic}: {answer}");
    }
    assert!(answer["exit"].is_u64(), "{answer}");
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[test]
fn what_hangs_is_killed_by_its_keeper_and_its_place_is_free_again() {
    let router = Router::with_account();
    router.call("setup", &json!({"task": "keys", "client_id": "EU.lab", "client_secret": "x"}));
    router.lab.fault(crate::support::lab::fault::Fault::Hang);
    // As the object starts it, but with another limit.
    let open = |name: &str| {
        let path = format!("{PRIVATE}/setup.{name}");
        fs::OpenOptions::new().read(true).append(true).open(path).expect("a file")
    };
    for name in ["output", "errors"] {
        open(name).set_len(0).expect("shorter");
    }
    let output = nix::fcntl::Flock::lock(open("output"), nix::fcntl::FlockArg::LockExclusive);
    let output = output.expect("a lock");
    let mut keeper = std::process::Command::new(router.program())
        .args(["keep", "1", "ovh", "zone", "list"])
        .stdin(open("errors"))
        .stdout(output.try_clone().expect("a descriptor"))
        .spawn()
        .expect("it starts");
    std::mem::forget(output);
    let begun = Instant::now();
    let status = keeper.wait().expect("an end");
    assert_eq!(status.code(), Some(137), "killed by 9");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let noted = fs::read_to_string(format!("{PRIVATE}/setup.errors")).expect("a file");
    assert!(noted.ends_with("exit 137\n"), "{noted}");
}
