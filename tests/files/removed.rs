//! A state directory that goes away below the one that stays.

use rustix::process::Signal;

use crate::support::agent::Running;
use crate::support::background::{LIMIT, voluntary_switches, wait_for, wait_for_published};
use crate::support::netns;
use crate::support::stage::{Stage, WAN};

fn staying() -> (Stage, Running) {
    let stage = Stage::new();
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    (stage, runner)
}

#[test]
fn a_directory_that_is_removed_or_renamed_is_made_again_with_what_was_known() {
    let (stage, mut runner) = staying();
    let home = stage.agent.state_dir();
    for round in 0..3 {
        match round {
            0 => std::fs::remove_dir_all(&home).unwrap(),
            1 => std::fs::rename(&home, home.with_file_name("away")).unwrap(),
            _ => std::fs::rename(home.join("private"), home.join("away")).unwrap(),
        }
        runner.wait_for_log("made again", LIMIT);
        wait_for_published(&stage.agent, "home", WAN);
        wait_for("the door", || home.join("private/poke").exists().then_some(()));
        let second = stage.agent.spawn(&["run"]).wait(LIMIT);
        assert_eq!(second.code(), 75, "{second:?}");
        assert_eq!(stage.update().verdict(), (0, "unchanged"), "round {round}");
        assert_eq!(stage.lab.requests().len(), 1, "round {round}");
    }
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
    runner.signal(Signal::TERM);
    assert_eq!(runner.wait(LIMIT).code(), 0);
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn of_two_the_one_that_lost_its_directory_gives_way() {
    let (stage, runner) = staying();
    runner.signal(Signal::STOP);
    std::fs::remove_dir_all(stage.agent.state_dir()).unwrap();
    let second = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    runner.signal(Signal::CONT);
    let output = runner.wait(LIMIT);
    assert_eq!(output.code(), 75, "{output:?}");
    let directory = stage.agent.state_dir().display().to_string();
    assert!(output.stderr.contains(&directory), "{}", output.stderr);
    // The other one is still there to be asked.
    assert_eq!(stage.update().verdict(), (0, "unchanged"));
    drop(second);
}

#[test]
fn its_own_files_are_no_news_to_it() {
    let (stage, runner) = staying();
    assert_eq!(stage.agent.run(&["update", "--force"]).code(), 0);
    std::fs::write(stage.agent.state_dir().join("private/more"), "").unwrap();
    std::fs::remove_file(stage.agent.state_dir().join("private/more")).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let before = voluntary_switches(&runner);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(voluntary_switches(&runner) - before <= 1, "it sleeps");
    assert_eq!(stage.lab.requests().len(), 2);
}
