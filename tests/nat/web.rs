//! Sites that name the address they see: one, two that agree or not, and what is no answer.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use crate::support::gateway::{LINE, WRONG, http, serve_http};
use crate::support::lab::Lab;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::LabOptions;
use crate::support::stage::{Stage, WAN};

/// A site of plain HTTP on this machine that gives this answer.
fn site(answer: Vec<u8>) -> String {
    let port = serve_http(Ipv4Addr::LOCALHOST, 0, move |_| answer.clone());
    format!("http://127.0.0.1:{port}/ip")
}

/// What a pass comes to with these sites.
fn pass(stage: &Stage, sites: &[String]) -> (i32, String) {
    let mut options = vec![("source", "web"), ("insecure_http", "1")];
    options.extend(sites.iter().map(|site| ("web", site.as_str())));
    stage.configure(&options);
    let output = stage.update();
    (output.code(), output.said())
}

#[test]
fn the_address_that_sites_see_is_published_if_they_agree() {
    let (right, wrong) = (LINE.to_string(), WRONG.to_string());
    let more = format!("{right}\r\nhave a nice day\n");
    let no = "";
    for (answers, published) in [
        (vec![right.as_str()], true),
        (vec![&more], true),
        (vec![&right, &right], true),
        (vec![no, &right], true),
        (vec![&right, no], true),
        (vec![&right, &wrong], false),
        (vec![&right, no, &wrong], false),
    ] {
        let stage = Stage::new();
        let answer = |text: &&str| match *text {
            "" => http("503 Service Unavailable", &wrong),
            text => http("200 OK", text),
        };
        let sites: Vec<String> = answers.iter().map(answer).map(site).collect();
        let (code, said) = pass(&stage, &sites);
        let sent = stage.lab.requests();
        if published {
            assert_eq!((code, sent[0].myip()), (0, Some(right.clone())), "{said}");
        } else {
            assert_eq!((code, sent.len()), (69, 0), "{said}");
            assert!(said.contains("nothing is published until they agree"), "{said}");
        }
    }
}

#[test]
fn sites_that_hang_leave_time_for_one_that_is_well() {
    let stage = Stage::new();
    // Connections are taken by the kernel, and nobody reads.
    let deaf: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let url = |socket: &TcpListener| format!("http://{}/ip", socket.local_addr().unwrap());
    let mut sites: Vec<String> = deaf.iter().map(url).collect();
    // As slow as a site may be.
    let port = serve_http(Ipv4Addr::LOCALHOST, 0, |_| {
        std::thread::sleep(Duration::from_secs(5));
        http("200 OK", &LINE.to_string())
    });
    sites.push(format!("http://127.0.0.1:{port}/ip"));
    let began = Instant::now();
    let (code, said) = pass(&stage, &sites);
    let took = began.elapsed();
    println!("three sites that hang, and one that is well: {took:?}");
    assert_eq!((code, stage.lab.requests().len()), (0, 1), "{said}");
    assert!(took < Duration::from_secs(12), "{took:?}");
}

#[test]
fn what_is_no_answer_is_none() {
    let stage = Stage::new();
    for (answer, code, part) in [
        (http("404 Not Found", WAN), 75, "status 404"),
        (http("204 No Content", ""), 75, "status 204"),
        (http("302 Found", WAN), 75, "status 302"),
        (http("200 OK", ""), 69, "not one ipv4 address"),
        (http("200 OK", "<html>81.2.69.10</html>"), 69, "not one ipv4 address"),
        (http("200 OK", "2a01:cb00:1:2::10"), 69, "not one ipv4 address"),
        (http("200 OK", &format!("{WAN}{}", " ".repeat(64))), 69, "longer than one"),
        (http("200 OK", "192.168.1.20"), 69, "192.168.1.20 is a private address"),
        (http("200 OK", "100.64.1.2"), 69, "carrier-grade NAT"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n81.2.69.10".to_vec(), 75, "names no"),
        (b"81.2.69.10\n".to_vec(), 75, "names no address"),
        (vec![], 75, "names no address"),
    ] {
        let (got, said) = pass(&stage, &[site(answer.clone())]);
        assert!(got == code && said.contains(part), "{got} {said}");
        assert_eq!(stage.lab.connections(), 0, "{said}");
    }
}

#[test]
fn a_site_is_reached_by_tls_with_its_own_authorities_and_by_the_family_alone() {
    let stage = Stage::new();
    let other = Lab::start(LabOptions::default());
    other.fault(Fault::Word("81.2.70.42".into()));
    let site = format!("https://localhost:{}/ip", other.https_address().port());
    let ca_file = other.ca_file().display().to_string();
    let options = [("source", "web"), ("web", site.as_str())];
    stage.configure(&options);
    let output = stage.update();
    assert_eq!(output.code(), 75, "{}", output.said());
    let why = "names no address: its certificate is from no trusted authority";
    assert!(output.stdout.contains(why), "{}", output.stdout);
    let trusting = [&options[..], &[("ca_file", ca_file.as_str())]].concat();
    stage.configure(&trusting);
    assert_eq!(stage.update().code(), 0);
    assert_eq!(stage.lab.requests()[0].myip().as_deref(), Some("81.2.70.42"));
    assert_eq!(stage.agent.record("home")["source"], "web");
    assert_eq!(other.requests()[0].request.header("authorization"), None);
    // It listens on 127.0.0.1 alone.
    stage.configure(&[&trusting[..], &[("family", "ipv6")]].concat());
    let before = other.connections();
    let output = stage.update();
    assert_eq!((output.code(), other.connections()), (75, before), "{}", output.said());
}

#[test]
fn a_key_in_a_sites_address_is_neither_said_nor_kept() {
    let stage = Stage::new();
    let answers = [http("503 Service Unavailable", ""), http("200 OK", "none"), vec![]];
    for answer in answers {
        let site = site(answer) + "?key=pa55&pa55";
        let (code, said) = pass(&stage, std::slice::from_ref(&site));
        assert!(code != 0 && said.contains("/ip?key=***&***"), "{said}");
        let doctor = stage.agent.run(&["doctor"]);
        let status = stage.agent.run(&["status"]);
        let kept = std::fs::read_to_string(stage.agent.state_file()).unwrap();
        for text in [said, doctor.said(), status.said(), kept] {
            assert!(!text.contains("pa55"), "{text}");
        }
    }
}
