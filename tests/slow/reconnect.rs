//! A line that reconnects in the middle of a pass: nobody is told what the kernel has no more.

use std::time::{Duration, Instant};

use crate::support::agent::{Agent, Running};
use crate::support::background::LIMIT;
use crate::support::crowd::{everybody, hosts, names};
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::journal::Logged;
use crate::support::netns;
use crate::support::stage::WAN;

const HOSTS: usize = 4;
/// The provider takes its time for each.
const THINKS: Duration = Duration::from_millis(300);
/// What was on its way when the line changed; less than the provider thinks.
const ON_ITS_WAY: Duration = Duration::from_millis(150);

fn four_hosts() -> (Lab, Agent) {
    netns::enter();
    netns::add_wan(&format!("{WAN}/24"));
    let lab = Lab::start(everybody(&names("home", HOSTS)));
    lab.fault(Fault::Delay(THINKS));
    let section = lab.provider_section("lab");
    let agent = Agent::new(&(section + &hosts("home", "lab", HOSTS)));
    (lab, agent)
}

fn configuration(agent: &Agent) -> String {
    std::fs::read_to_string(agent.config_file()).expect("it was written")
}

/// The line gets another address when the provider has heard `count` requests; since when it has.
fn reconnect_after(lab: &Lab, count: usize, from: &str, to: &str) -> Instant {
    assert!(lab.wait_for_requests(count, LIMIT), "{} requests", lab.requests().len());
    netns::move_wan(from, to);
    Instant::now()
}

/// Whoever is told anything later is told the new address.
fn assert_nobody_is_told_old(requests: &[Logged], since: Instant, address: &str) {
    let late = requests.iter().filter(|request| request.instant > since + ON_ITS_WAY);
    for request in late {
        let (name, told) = (request.hostname().unwrap(), request.myip().unwrap());
        let after = request.instant - since;
        assert_eq!(told, address, "{name}, {after:?} after the line had another address");
    }
}

fn last_told(requests: &[Logged], name: &str) -> Option<String> {
    let of_host = requests.iter().rev().find(|request| request.hostname().as_deref() == Some(name));
    of_host.and_then(Logged::myip)
}

fn wait_until_all_know(lab: &Lab, address: &str) {
    let hostnames = names("home", HOSTS).into_iter().map(|name| format!("{name}.example.com"));
    for hostname in hostnames {
        crate::support::background::wait_for(&format!("{hostname} {address}"), || {
            (last_told(&lab.requests(), &hostname).as_deref() == Some(address)).then_some(())
        });
    }
}

fn stays(lab: &Lab, agent: &Agent) -> Running {
    let runner = agent.spawn(&["run"]);
    wait_until_all_know(lab, WAN);
    std::thread::sleep(THINKS * 2);
    runner
}

#[test]
fn one_that_stays_tells_nobody_an_address_that_the_line_has_lost() {
    let (lab, agent) = four_hosts();
    let _runner = stays(&lab, &agent);
    let mut wan = WAN.to_owned();
    for number in 0..2 {
        let (passing, lasting) =
            (format!("81.2.69.{}", 20 + 2 * number), format!("81.2.69.{}", 21 + 2 * number));
        let heard = lab.requests().len();
        netns::move_wan(&wan, &passing);
        let since = reconnect_after(&lab, heard + 1 + number, &passing, &lasting);
        wait_until_all_know(&lab, &lasting);
        assert_nobody_is_told_old(&lab.requests()[heard..], since, &lasting);
        std::thread::sleep(THINKS * 2);
        wan = lasting;
    }
}

#[test]
fn a_single_pass_tells_nobody_an_address_that_the_line_has_lost() {
    for heard in 1..HOSTS {
        let (lab, agent) = four_hosts();
        let running = agent.spawn(&["update"]);
        let since = reconnect_after(&lab, heard, WAN, "81.2.69.20");
        let output = running.wait(LIMIT);
        assert_nobody_is_told_old(&lab.requests(), since, "81.2.69.20");
        // Whoever was told before is told again, now or when the next pass is.
        assert_eq!(agent.run(&["update"]).code(), 0, "{output:?}");
        wait_until_all_know(&lab, "81.2.69.20");
    }
}

/// The router's own program tells the address, from a file that changes with the line.
#[test]
fn nobody_is_told_what_a_program_said_before_the_news() {
    let (lab, agent) = four_hosts();
    let file = agent.config_file().with_file_name("address");
    std::fs::write(&file, WAN).unwrap();
    let command = format!("/bin/cat {}", file.display());
    let with = format!("'secret'\n\toption source 'command'\n\toption command '{command}'\n");
    agent.configure(&configuration(&agent).replace("'secret'\n", &with));
    let _runner = stays(&lab, &agent);
    let mut wan = WAN.to_owned();
    for number in 0..2 {
        let (passing, lasting) =
            (format!("81.2.69.{}", 20 + 2 * number), format!("81.2.69.{}", 21 + 2 * number));
        let heard = lab.requests().len();
        std::fs::write(&file, &passing).unwrap();
        netns::move_wan(&wan, &passing);
        assert!(lab.wait_for_requests(heard + 1, LIMIT), "{} requests", lab.requests().len());
        std::fs::write(&file, &lasting).unwrap();
        // The next request leaves while unrelated events go on, as in the middle of a reconnect.
        let since = Instant::now();
        for _ in 0..20 {
            netns::ip(&["link", "set", "isp0", "alias", "x"]);
            std::thread::sleep(Duration::from_millis(20));
            netns::ip(&["link", "set", "isp0", "alias", "y"]);
        }
        netns::move_wan(&passing, &lasting);
        wait_until_all_know(&lab, &lasting);
        assert_nobody_is_told_old(&lab.requests()[heard..], since, &lasting);
        std::thread::sleep(THINKS * 2);
        wan = lasting;
    }
}

/// One request sets both families: the other one's address is looked at again as well.
#[test]
fn nobody_is_told_an_address_of_the_other_family_that_the_line_has_lost() {
    let addresses = ["2a01:cb00:1:2::10", "2a01:cb00:1:2::20"];
    for heard in 1..HOSTS {
        let (lab, agent) = four_hosts();
        netns::add_address(&format!("{}/64", addresses[0]));
        netns::ip(&["-6", "route", "add", "default", "dev", "wan0"]);
        lab.clear_faults();
        lab.fault(Fault::Delay(THINKS));
        let config = configuration(&agent);
        let config = config.replace("myip={address}", "myip={ipv4}&myipv6={ipv6}");
        let families = "'secret'\n\tlist family 'ipv4'\n\tlist family 'ipv6'\n";
        agent.configure(&config.replace("'secret'\n", families));
        let running = agent.spawn(&["update"]);
        assert!(lab.wait_for_requests(heard, LIMIT), "{} requests", lab.requests().len());
        netns::remove_address(&format!("{}/64", addresses[0]));
        netns::add_address(&format!("{}/64", addresses[1]));
        netns::ip(&["-6", "route", "replace", "default", "dev", "wan0"]);
        let since = Instant::now();
        let output = running.wait(LIMIT);
        let told = |request: &Logged| {
            let value = |name| request.request.parameter(name);
            (request.hostname(), value("myip"), value("myipv6"))
        };
        let requests = lab.requests();
        for request in requests.iter().filter(|it| it.instant > since + ON_ITS_WAY) {
            let told = told(request);
            assert_eq!(told.2.as_deref(), Some(addresses[1]), "{told:?}, {output:?}");
        }
        for (at, request) in requests.iter().enumerate() {
            let again = requests[..at].iter().any(|earlier| told(earlier) == told(request));
            assert!(!again, "{:?} was sent twice, {output:?}", told(request));
        }
    }
}
