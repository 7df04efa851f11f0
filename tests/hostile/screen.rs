//! Characters that draw on a terminal, or hide or turn what stands there: never from us.

use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::lab::fault::Fault;
use crate::support::lab::reply::Reply;
use crate::support::netns;
use crate::support::stage::Stage;

/// Escape sequences, C1 controls, directions, zero width, tags, byte order mark, line ends.
const TRICKS: [char; 18] = [
    '\u{1b}',
    '\u{7}',
    '\u{8}',
    '\0',
    '\u{7f}',
    '\u{9b}',
    '\u{85}',
    '\u{ad}',
    '\u{61c}',
    '\u{180e}',
    '\u{200b}',
    '\u{200d}',
    '\u{202e}',
    '\u{2028}',
    '\u{2060}',
    '\u{2066}',
    '\u{feff}',
    '\u{e0041}',
];

#[track_caller]
fn assert_plain(what: &str, text: &str) {
    for trick in TRICKS {
        assert!(!text.contains(trick), "{what} has U+{:04X}: {text:?}", u32::from(trick));
    }
}

/// Every string in there, as a reader of JSON gets it.
#[track_caller]
fn assert_plain_json(what: &str, value: &Value) {
    match value {
        Value::String(text) => assert_plain(what, text),
        Value::Array(values) => values.iter().for_each(|value| assert_plain_json(what, value)),
        Value::Object(fields) => fields.values().for_each(|value| assert_plain_json(what, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn assert_all_plain(what: &str, agent: &Agent, commands: &[&[&str]]) {
    for command in commands {
        let output = agent.run(&[&["--log-level", "debug"], *command].concat());
        let what = format!("{what}: {}", command.join(" "));
        assert_plain(&what, &output.said());
        if command.contains(&"--json") {
            assert_plain_json(&what, &serde_json::from_str(&output.stdout).unwrap());
        }
    }
    assert_plain_json(&format!("{what}: the state"), &agent.state_json());
}

const COMMANDS: [&[&str]; 5] = [
    &["update"],
    &["status"],
    &["status", "--json"],
    &["status", "--prometheus"],
    &["update", "--dry-run"],
];

#[test]
fn no_trick_of_a_providers_text_reaches_a_screen() {
    let stage = Stage::new();
    for trick in TRICKS {
        let text = format!("look {trick}[31mred{trick}");
        let json = format!("{{\"class\":\"x\",\"message\":\"look {trick} here\"}}");
        for reply in
            [Reply::text(200, text.clone()), Reply::html(503, text), Reply::text(400, json)]
        {
            stage.lab.clear_faults();
            stage.lab.fault(Fault::Reply(reply.clone()));
            let agent = stage.fresh_agent();
            let what = format!("U+{:04X} in HTTP {}", u32::from(trick), reply.status);
            assert_all_plain(&what, &agent, &COMMANDS[..1]);
        }
    }
    let agent = stage.fresh_agent();
    stage.lab.clear_faults();
    let all: String = TRICKS.iter().collect();
    stage.lab.fault(Fault::Reply(Reply::text(200, format!("look {all}"))));
    assert_all_plain("all at once", &agent, &COMMANDS);
}

#[test]
fn no_trick_of_a_devices_name_reaches_a_screen() {
    for name in ["w\u{1b}[31m\u{202e}0", "w\u{200b}\u{feff}\u{2066}x", "w\u{9b}31m"] {
        let stage = Stage::new();
        netns::ip(&["link", "add", name, "type", "veth", "peer", "name", "far0"]);
        netns::ip(&["link", "set", "far0", "up"]);
        netns::ip(&["link", "set", name, "up"]);
        netns::ip(&["addr", "add", "81.2.72.10/24", "dev", name]);
        netns::ip(&["route", "del", "default"]);
        netns::ip(&["route", "add", "default", "dev", name]);
        let output = stage.update();
        assert_eq!(output.lines()[0].address, "81.2.72.10", "{output:?}");
        assert_all_plain(&format!("{name:?}"), &stage.agent, &COMMANDS);
        // A name in a sentence of ours.
        netns::ip(&["addr", "del", "81.2.72.10/24", "dev", name]);
        netns::ip(&["addr", "add", "10.0.0.10/24", "dev", name]);
        netns::ip(&["route", "replace", "default", "dev", name]);
        assert_all_plain(&format!("{name:?}"), &stage.agent, &COMMANDS);
    }
}
