//! How the agent's process is run and watched, with a script in its place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rustix::process::{Pid, Signal, test_kill_process};

use crate::support::agent::Agent;
use crate::support::temp::TempDir;

const LONG: Duration = Duration::from_secs(10);

/// A script, its directory, which must outlive it, and an agent that is this script.
fn script(text: &str) -> (TempDir, Agent) {
    let directory = TempDir::new();
    let path = directory.path().join("agent.sh");
    std::fs::write(&path, text).unwrap();
    (directory, Agent::of_command(["/bin/sh".into(), path.into()], "config host 'home'\n"))
}

#[test]
fn output_code_and_lines_arrive_whole() {
    let text = r"printf 'home\tipv4\tupdated\t81.2.69.10\tstored at once\n'; echo log >&2; exit 75";
    let (_directory, agent) = script(text);
    let output = agent.run(&["update"]);
    assert_eq!((output.code(), output.stderr.as_str()), (75, "log\n"));
    let [line] = output.lines().try_into().unwrap();
    let fields = [&line.host, &line.family, &line.result, &line.address, &line.text];
    assert_eq!(fields, ["home", "ipv4", "updated", "81.2.69.10", "stored at once"]);
}

#[test]
fn arguments_configuration_and_state_are_the_agents_own() {
    let (_directory, mut agent) = script(
        r#"echo "$5 $6 $LAB"; cat "$2"; stat -c %a "$2"; mkdir "$4"; echo '{"version":1}' > "$4/state.json""#,
    );
    agent.set_env("LAB", "yes");
    let output = agent.run(&["update", "home"]);
    assert_eq!(output.stdout, "update home yes\nconfig host 'home'\n600\n");
    assert_eq!(agent.state_json()["version"], 1);
}

#[test]
fn a_line_without_five_fields_is_not_taken() {
    let (_directory, agent) = script(r"printf 'home\tipv4\tupdated\n'");
    let output = agent.run(&[]);
    catch_unwind(|| output.lines()).unwrap_err();
}

#[test]
fn a_running_agent_can_be_signalled_and_watched() {
    let text = "trap 'echo again >&2; exit 3' USR1; echo ready >&2; while :; do sleep 0.01; done";
    let (_directory, agent) = script(text);
    let mut running = agent.spawn(&["run"]);
    running.wait_for_log("ready", LONG);
    running.signal(Signal::USR1);
    let output = running.wait(LONG);
    assert_eq!((output.code(), output.stderr.as_str()), (3, "ready\nagain\n"));
}

#[test]
fn an_agent_that_takes_too_long_is_ended() {
    let (_directory, agent) = script("exec sleep 100");
    let running = agent.spawn(&["run"]);
    let id = Pid::from_raw(running.id().cast_signed()).unwrap();
    test_kill_process(id).unwrap();
    let waiting = AssertUnwindSafe(|| running.wait(Duration::from_millis(50)));
    catch_unwind(waiting).unwrap_err();
    test_kill_process(id).unwrap_err();
}

#[test]
fn the_agent_itself_is_found_and_run() {
    let output = Agent::new("").run(&["--version"]);
    assert_eq!(output.code(), 0, "{output:?}");
    assert_eq!(output.stdout, format!("dynhost {}\n", env!("CARGO_PKG_VERSION")));
}
