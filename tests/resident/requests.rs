//! Other commands while one stays: it is asked, and they answer as if they had done it themselves.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{lab_with, published, published_with};
use crate::support::background::{LIMIT, wait_for, wait_for_published, wait_for_state};
use crate::support::lab::fault::Fault;
use crate::support::netns;
use crate::support::stage::{Stage, WAN, host, one_host};

/// What a busy machine may take for what takes no time.
const AT_ONCE: Duration = Duration::from_secs(5);

/// How many are connected to the one that stays, in this network namespace.
fn waiting() -> usize {
    let table = std::fs::read_to_string("/proc/thread-self/net/unix").unwrap();
    // The socket that listens has the name as well.
    table.lines().filter(|line| line.ends_with("/poke")).count().saturating_sub(1)
}

#[test]
fn a_second_one_that_would_stay_is_refused_at_once() {
    let (stage, _runner) = published();
    let asked = Instant::now();
    let output = stage.agent.spawn(&["run"]).wait(LIMIT);
    assert_eq!(output.code(), 75);
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    let directory = stage.agent.state_dir().display().to_string();
    assert!(output.stderr.contains(&directory), "{}", output.stderr);
    assert!(!output.stderr.contains("60 seconds"), "nobody waited: {}", output.stderr);
    netns::move_wan(WAN, "81.2.69.20");
    wait_for_published(&stage.agent, "home", "81.2.69.20");
}

#[test]
fn update_prints_and_exits_as_if_it_had_made_the_pass() {
    let stage = Stage::new();
    let file = stage.agent.config_file().with_file_name("address");
    std::fs::write(&file, "81.2.69.31\n").unwrap();
    let command = format!("/bin/cat {}", file.display());
    let configure = |more: &[(&str, &str)]| {
        let options = [&[("source", "command"), ("command", &*command)], more].concat();
        stage.agent.configure(&one_host(&stage.lab, &options));
    };
    configure(&[]);
    let _runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", "81.2.69.31");
    let unchanged = stage.update();
    assert_eq!(unchanged.verdict(), (0, "unchanged"), "{unchanged:?}");
    std::fs::write(&file, "81.2.69.32\n").unwrap();
    let updated = stage.update();
    assert_eq!(updated.verdict(), (0, "updated"), "{updated:?}");
    let line = updated.lines().remove(0);
    assert_eq!((line.family.as_str(), line.address.as_str()), ("ipv4", "81.2.69.32"));
    assert_eq!(line.text, "IP changed from 81.2.69.31 to 81.2.69.32: address stored");
    std::fs::write(&file, "10.0.0.1\n").unwrap();
    assert_eq!(stage.update().verdict(), (69, "no-address"));
    std::fs::write(&file, "81.2.69.33\n").unwrap();
    stage.lab.fault_times(Fault::Word("911".into()), 1);
    assert_eq!(stage.update().verdict(), (75, "failed"));
    assert_eq!(stage.agent.run(&["update", "nobody"]).code(), 64);
    assert_eq!(stage.lab.requests().len(), 3);
}

#[test]
fn force_and_resume_reach_the_one_that_stays() {
    let (stage, _runner) = published();
    let forced = stage.agent.run(&["update", "--force", "home"]);
    // The provider says nochg.
    assert_eq!(forced.verdict(), (0, "unchanged"), "{forced:?}");
    assert_eq!(stage.lab.requests().len(), 2);
    assert_eq!(stage.update().code(), 0);
    assert_eq!(stage.lab.requests().len(), 2, "a request is carried out once");
    stage.lab.fault_times(Fault::Unauthorized, 1);
    let rejected = stage.agent.run(&["update", "--force", "home"]);
    assert_eq!(rejected.verdict(), (77, "held"), "{rejected:?}");
    // Never past a hold.
    assert_eq!(stage.agent.run(&["update", "--force"]).code(), 77);
    assert_eq!(stage.lab.requests().len(), 3);
    let resumed = stage.agent.run(&["resume", "home"]);
    assert_eq!((resumed.code(), resumed.stdout.as_str()), (0, ""), "{resumed:?}");
    wait_for_published(&stage.agent, "home", WAN);
    assert_eq!(stage.lab.requests().len(), 4);
    assert_eq!(stage.agent.run(&["resume", "nobody"]).code(), 64);
}

#[test]
fn update_waits_while_the_one_that_stays_is_in_a_call() {
    let (stage, _runner) = published();
    stage.lab.fault_times(Fault::Delay(Duration::from_secs(3)), 1);
    netns::move_wan(WAN, "81.2.69.20");
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    let output = stage.update();
    assert_eq!(output.code(), 0, "{output:?}");
    assert_eq!(output.lines().remove(0).address, "81.2.69.20");
    assert_eq!(stage.agent.record("home")["published"]["address"], "81.2.69.20");
    assert_eq!(stage.lab.requests().len(), 2);
}

#[test]
fn of_two_that_ask_each_gets_its_own_answer() {
    let (stage, _runner) = published();
    let delay = Duration::from_secs(2);
    stage.lab.fault_times(Fault::Delay(delay), 2);
    let first = stage.agent.spawn(&["update", "--force"]);
    assert!(stage.lab.wait_for_requests(2, LIMIT));
    // The first one's pass is under way and knows nothing of this.
    let second = stage.agent.run(&["update", "--force"]);
    let requests = stage.lab.requests();
    assert_eq!(requests.len(), 3, "answered before it was asked: {second:?}");
    assert!(requests[2].instant.elapsed() >= delay, "answered before it was done: {second:?}");
    assert_eq!((first.wait(LIMIT).code(), second.code()), (0, 0));
}

#[test]
fn update_does_it_itself_if_the_one_that_stays_ends_before() {
    let (stage, runner) = published();
    runner.signal(Signal::STOP);
    let update = stage.agent.spawn(&["update", "--force"]);
    wait_for("the request", || (waiting() == 1).then_some(()));
    runner.kill();
    let output = update.wait(LIMIT);
    assert_eq!(output.verdict(), (0, "unchanged"), "{output:?}");
    assert_eq!(stage.lab.requests().len(), 2);
    let _runner = stage.agent.spawn(&["run"]);
    wait_for("a runner", || (stage.update().code() == 0).then_some(()));
    assert_eq!(stage.lab.requests().len(), 2, "nothing is left to be carried out twice");
}

#[test]
fn requests_of_several_are_all_carried_out() {
    let (stage, runner) = published_with(lab_with(&["office"]));
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "office", WAN);
    runner.signal(Signal::STOP);
    let asking = ["home", "office"].map(|name| stage.agent.spawn(&["update", "--force", name]));
    wait_for("both requests", || (waiting() == 2).then_some(()));
    runner.signal(Signal::CONT);
    for update in asking {
        assert_eq!(update.wait(LIMIT).verdict(), (0, "unchanged"));
    }
    assert_eq!(stage.lab.requests().len(), 4);
}

#[test]
fn many_that_ask_about_the_same_at_once_are_all_answered() {
    let (stage, runner) = published();
    runner.signal(Signal::STOP);
    let asking: Vec<_> = (0..10).map(|_| stage.agent.spawn(&["update"])).collect();
    wait_for("all requests", || (waiting() == 10).then_some(()));
    runner.signal(Signal::CONT);
    for update in asking {
        assert_eq!(update.wait(AT_ONCE).verdict(), (0, "unchanged"));
    }
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_host_that_the_one_that_stays_has_not_read_yet_is_named() {
    let (stage, _runner) = published_with(lab_with(&["office"]));
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    let output = stage.update();
    assert_eq!(output.verdict(), (75, "unchanged failed"), "{output:?}");
    assert!(output.stdout.contains("SIGHUP"), "{}", output.stdout);
}

#[test]
fn a_held_record_is_told_with_its_exit_code() {
    let stage = Stage::new();
    stage.lab.fault(Fault::Unauthorized);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_state(&stage.agent, "home", "held");
    assert_eq!(stage.update().verdict(), (77, "held"));
    runner.signal(Signal::TERM);
    runner.wait(LIMIT);
    assert_eq!(stage.update().verdict(), (77, "held"));
    assert_eq!(stage.lab.requests().len(), 1);
}

#[test]
fn a_host_that_only_the_new_file_has_is_known_after_a_reload() {
    let (stage, runner) = published_with(lab_with(&["office"]));
    stage.configure_hosts(&[host("home", &[]), host("office", &[])]);
    runner.signal(Signal::HUP);
    wait_for_published(&stage.agent, "office", WAN);
    assert_eq!(stage.agent.run(&["update", "office"]).verdict(), (0, "unchanged"));
}
