//! What watches over the agent: a dead man's switch, metrics and rules, a sensor.

use std::path::PathBuf;
use std::process::Command;

use super::{example, listen, put_script, run};
use crate::support::stage::Stage;

/// A folder with a `dynhost` that is the stage's, to be found by its name.
pub fn with_agent(stage: &Stage) -> (PathBuf, String) {
    let directory = stage.agent.config_file().with_file_name("bin");
    std::fs::create_dir(&directory).unwrap();
    let agent = stage.agent.process(&[]);
    let words: Vec<_> = agent.get_args().map(|word| word.to_string_lossy()).collect();
    let program = agent.get_program().to_string_lossy();
    // The last one counts, so that what an example names gives way.
    let script = format!("#!/bin/sh\nexec {program} \"$@\" {}\n", words.join(" "));
    put_script(&directory.join("dynhost"), &script);
    let path = format!("{}:{}", directory.display(), std::env::var("PATH").unwrap());
    (directory, path)
}

#[test]
fn a_dead_mans_switch_hears_of_a_success_and_of_a_failure() {
    let stage = Stage::new();
    let (directory, path) = with_agent(&stage);
    let settings = directory.join("alive.conf");
    for (password, code, status) in [("secret", 0, "up"), ("typo", 77, "down")] {
        stage.configure(&[("password", password)]);
        let ((healthchecks, first), (kuma, second)) = (listen(), listen());
        let text = format!(
            "HEALTHCHECKS_URL=http://{healthchecks}/uuid\nKUMA_URL=http://{kuma}/api/push/token\n"
        );
        std::fs::write(&settings, text).unwrap();
        let mut alive = Command::new(example("healthchecks/dynhost-alive"));
        run(alive.env("PATH", &path).env("DYNHOST_ALIVE", &settings));
        let head = first.join().unwrap().head;
        assert!(head.starts_with(&format!("GET /uuid/{code} ")), "{head}");
        let head = second.join().unwrap().head;
        let query = format!("GET /api/push/token?status={status}&msg=exit%20{code} ");
        assert!(head.starts_with(&query), "{head}");
    }
}

#[test]
fn the_metrics_are_written_whole_or_not_at_all() {
    let stage = Stage::new();
    let (directory, path) = with_agent(&stage);
    assert_eq!(stage.update().code(), 0);
    let write = || {
        let mut metrics = Command::new(example("prometheus/dynhost-metrics"));
        metrics.arg(&directory).env("PATH", &path).output().unwrap()
    };
    assert!(write().status.success());
    let written = std::fs::read_to_string(directory.join("dynhost.prom")).unwrap();
    assert!(written.contains("dynhost_current{"), "{written}");
    stage.agent.write_state(b"no state");
    assert!(!write().status.success());
    assert_eq!(std::fs::read_to_string(directory.join("dynhost.prom")).unwrap(), written);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 2, "what is temporary stays");
}

/// `make lint` has promtool read them where it is installed.
#[test]
fn the_rules_name_metrics_that_there_are() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let metrics = stage.agent.run(&["status", "--prometheus"]).stdout;
    let rules = std::fs::read_to_string(example("prometheus/dynhost.rules.yml")).unwrap();
    let expressions = rules.lines().filter_map(|line| line.trim_start().strip_prefix("expr: "));
    let mut count = 0;
    for word in expressions.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
    {
        if word.starts_with("dynhost_") {
            assert!(
                metrics.contains(&format!("# TYPE {word} gauge\n")),
                "no metric {word}: {metrics}"
            );
            count += 1;
        }
    }
    assert!(count >= 4 && !rules.contains('\t'), "the rules were not found");
    for label in ["hostname", "family"] {
        assert!(metrics.contains(&format!("{label}=\"")) && rules.contains(label));
    }
}

#[test]
fn the_sensor_names_fields_that_there_are() {
    let stage = Stage::new();
    assert_eq!(stage.update().code(), 0);
    let record = stage.agent.record("home");
    let sensor = std::fs::read_to_string(example("home-assistant/configuration.yaml")).unwrap();
    let attributes = sensor.split_once("json_attributes:\n").unwrap().1.lines();
    let fields = attributes.filter_map(|line| line.trim_start().strip_prefix("- "));
    let fields: Vec<_> = fields.chain(["state"]).collect();
    assert!(fields.len() > 5, "{fields:?}");
    for field in fields {
        assert!(record.get(field).is_some(), "no field {field} in {record}");
    }
}
