//! Programs for `option on_change`, each against a listener in the place of its service.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::{LIMIT, example, listen, put_script, run};
use crate::support::stage::{Stage, WAN};
use crate::support::temp::TempDir;

/// A reason with what shells, JSON and curl's configuration take for their own.
const REASON: &str = "badauth: \"$HOME\" `id` \\n & 100%";

/// What the agent tells such a program, and nothing else.
fn told(program: &str, settings: &str, directory: &TempDir) -> Command {
    let file = directory.path().join("notify.conf");
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new(example(program));
    let path = std::env::var_os("PATH").unwrap();
    command.env_clear().env("PATH", path).env("DYNHOST_NOTIFY", file).envs([
        ("DYNHOST_EVENT", "held"),
        ("DYNHOST_HOST", "home"),
        ("DYNHOST_HOSTNAME", "home.example.com"),
        ("DYNHOST_FAMILY", "ipv4"),
        ("DYNHOST_STATE", "held"),
        ("DYNHOST_ADDRESS", "81.2.69.20"),
        ("DYNHOST_PUBLISHED", "81.2.69.10"),
        ("DYNHOST_REASON", REASON),
    ]);
    command
}

/// Runs it against a listener whose address stands for `ADDRESS`; head and body of its request.
fn request_of(program: &str, settings: &str) -> (String, String) {
    let (address, heard) = listen();
    let directory = TempDir::new();
    run(&mut told(program, &settings.replace("ADDRESS", &address), &directory));
    let request = heard.join().unwrap();
    (request.head, request.body)
}

#[test]
fn ntfy() {
    let settings = "NTFY_URL=http://ADDRESS/topic\nNTFY_TOKEN=tk_1\n";
    let (head, body) = request_of("on_change/ntfy", settings);
    assert!(head.starts_with("POST /topic "), "{head}");
    assert!(head.contains("Authorization: Bearer tk_1\r\n"), "{head}");
    assert!(head.contains("Priority: high\r\n"), "{head}");
    assert_eq!(body, format!("home.example.com needs you: {REASON}"));
    let (head, _) = request_of("on_change/ntfy", "NTFY_URL=http://ADDRESS/topic\n");
    assert!(!head.contains("Authorization"), "{head}");
}

#[test]
fn telegram() {
    let settings = "TELEGRAM_API=http://ADDRESS\nTELEGRAM_TOKEN=1:a\nTELEGRAM_CHAT=42\n";
    let (head, body) = request_of("on_change/telegram", settings);
    assert!(head.starts_with("POST /bot1:a/sendMessage "), "{head}");
    let fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let text = format!("home.example.com needs you: {REASON}");
    assert_eq!(fields, [("chat_id".into(), "42".into()), ("text".into(), text)]);
}

#[test]
fn matrix() {
    let settings =
        "MATRIX_SERVER=http://ADDRESS\nMATRIX_TOKEN=syt\nMATRIX_ROOM=%21room%3Aexample.org\n";
    let (head, body) = request_of("on_change/matrix", settings);
    let path = "PUT /_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/";
    assert!(head.starts_with(path), "{head}");
    assert!(head.contains("Authorization: Bearer syt\r\n"), "{head}");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["msgtype"], "m.text");
    assert_eq!(body["body"], format!("home.example.com needs you: {REASON}"));
}

#[test]
fn home_assistant() {
    let settings = "HOME_ASSISTANT_URL=http://ADDRESS\nHOME_ASSISTANT_TOKEN=long\n";
    let (head, body) = request_of("on_change/home-assistant", settings);
    assert!(head.starts_with("POST /api/states/sensor.dynhost_home_ipv4 "), "{head}");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["state"], &body["attributes"]["reason"]), (&"held".into(), &REASON.into()));
}

/// The commands of SMTP up to the end of one mail, and the mail.
fn receive_mail(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut lines = BufReader::new(stream);
    let (mut said, mut is_mail) = (String::new(), false);
    lines.get_mut().write_all(b"220 ready\r\n").unwrap();
    loop {
        let from = said.len();
        if lines.read_line(&mut said).unwrap() == 0 {
            return said;
        }
        let line = said[from..].to_owned();
        is_mail &= line != ".\r\n";
        let answer = match line.get(..4) {
            _ if is_mail => continue,
            Some("DATA") => "354 go on\r\n",
            Some("QUIT") => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        is_mail = line.starts_with("DATA");
        lines.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}

#[test]
fn mail() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = TempDir::new();
    let account = directory.path().join("msmtprc");
    let text = format!("account default\nhost 127.0.0.1\nport {port}\nfrom pi@example.com\n");
    std::fs::write(&account, text).unwrap();
    let settings = format!("MAIL_TO=you@example.com\nMSMTP_CONFIG={}\n", account.display());
    let heard = std::thread::spawn(move || receive_mail(&listener));
    run(&mut told("on_change/mail", &settings, &directory));
    let said = heard.join().unwrap();
    assert!(said.contains("RCPT TO:<you@example.com>"), "{said}");
    assert!(said.contains("Subject: dynhost: home.example.com (ipv4) held\r\n"), "{said}");
    assert!(said.contains(&format!("\r\n\r\nhome.example.com needs you: {REASON}\r\n")), "{said}");
}

#[test]
fn the_agent_runs_one() {
    let stage = Stage::new();
    let (address, heard) = listen();
    let beside = |name| stage.agent.config_file().with_file_name(name);
    let (settings, program) = (beside("notify.conf"), beside("on-change"));
    std::fs::write(&settings, format!("NTFY_URL=http://{address}/topic\n")).unwrap();
    let ntfy = example("on_change/ntfy");
    let script =
        format!("#!/bin/sh\nDYNHOST_NOTIFY={} exec {}\n", settings.display(), ntfy.display());
    put_script(&program, &script);
    stage.configure(&[("on_change", &program.display().to_string())]);
    assert_eq!(stage.update().code(), 0);
    assert_eq!(heard.join().unwrap().body, format!("home.example.com is now at {WAN}"));
}
