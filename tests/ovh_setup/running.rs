//! A service that runs takes the new name over at once.

use std::time::Duration;

use super::*;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_running_agent_reads_the_section_and_updates_it_when_it_is_asked() {
    let room = Room::new();
    let other = "config host 'other'\n\toption enabled '0'\n\toption hostname 'a.example.com'\n\
        \toption username 'example.com-a'\n\toption password 'secret00'\n";
    room.agent.configure(&(room.config() + "\n" + other));
    let mut running = room.agent.spawn(&["run"]);
    running.wait_for_log("other: ipv4 switched off", SOON);
    let output = room.setup(&[]);
    assert_eq!(output.code(), 0, "{}", output.said());
    running.wait_for_log("the configuration was read again", SOON);
    room.assert_complete("by the service");
    let requests = room.lab.updates_of(HOME).len();
    netns::move_wan(WAN, "81.2.69.11");
    assert!(
        (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(25));
            room.lab.updates_of(HOME).len() > requests
        }),
        "the service does not keep the name"
    );
    assert!(!running.has_ended());
}
