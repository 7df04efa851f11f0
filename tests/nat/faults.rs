//! NAT-PMP and PCP: a gateway that lies, floods, answers late or with a wrong size, and a neighbour
//! that answers before it.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Expected::{Nothing, Published};
use super::{Row, play, send};
use crate::support::gateway::{GATEWAY, Home, LINE, ROGUE, WRONG, natpmp, pcp, socket_at};

const PORT: u16 = 5351;
/// A gateway that knows no version 0.
const PCP_ONLY: [u8; 12] = [2, 128, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0];

/// One that gives this answer to everything.
fn says(home: &Home, answer: Vec<u8>) {
    home.answer(PORT, move |socket, _, from| send(socket, &answer, from));
}

/// One whose answer has another byte at this place.
fn differs(home: &Home, place: usize, value: u8) {
    let mut answer = natpmp(WRONG);
    answer[place] = value;
    says(home, answer);
}

/// One of PCP alone, that changes its answer before it goes out.
fn pcp_gateway(home: &Home, change: fn(Vec<u8>) -> Vec<u8>) {
    home.answer(PORT, move |socket, question, from| {
        if question.first() == Some(&2) && question.len() == 60 {
            send(socket, &change(pcp(question, LINE)), from);
        } else {
            send(socket, &PCP_ONLY, from);
        }
    });
}

const ROWS: &[Row] = &[
    Row {
        name: "a gateway that does it right",
        source: "natpmp",
        gateway: |home| says(home, natpmp(LINE)),
        expected: Published,
    },
    Row {
        name: "an answer of eleven bytes",
        source: "natpmp",
        gateway: |home| says(home, natpmp(WRONG)[..11].to_vec()),
        expected: Nothing(75, "answers NAT-PMP with what is none"),
    },
    Row {
        name: "an answer of thirteen bytes",
        source: "natpmp",
        gateway: |home| says(home, [natpmp(WRONG), vec![0]].concat()),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "an empty answer",
        source: "natpmp",
        gateway: |home| says(home, vec![]),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "an answer of version 3",
        source: "natpmp",
        gateway: |home| differs(home, 0, 3),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "the answer to another opcode",
        source: "natpmp",
        gateway: |home| differs(home, 1, 129),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "the question itself comes back",
        source: "natpmp",
        gateway: |home| home.answer(PORT, send),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "an unknown result with an address",
        source: "natpmp",
        gateway: |home| differs(home, 3, 9),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "result 3 with an address",
        source: "natpmp",
        gateway: |home| differs(home, 3, 3),
        expected: Nothing(69, "has no public address"),
    },
    Row {
        name: "result 2 with an address",
        source: "natpmp",
        gateway: |home| differs(home, 3, 2),
        expected: Nothing(69, "refuses NAT-PMP"),
    },
    Row {
        name: "result 5 with an address",
        source: "natpmp",
        gateway: |home| differs(home, 3, 5),
        expected: Nothing(69, "tells no address by NAT-PMP or PCP"),
    },
    Row {
        name: "0.0.0.0 with success",
        source: "natpmp",
        gateway: |home| says(home, natpmp(Ipv4Addr::UNSPECIFIED)),
        expected: Nothing(69, "its own line is down"),
    },
    Row {
        name: "a private address",
        source: "natpmp",
        gateway: |home| says(home, natpmp(Ipv4Addr::new(10, 1, 2, 3))),
        expected: Nothing(69, "double NAT"),
    },
    Row {
        name: "an address of carrier-grade NAT",
        source: "natpmp",
        gateway: |home| says(home, natpmp(Ipv4Addr::new(100, 71, 2, 3))),
        expected: Nothing(69, "carrier-grade NAT"),
    },
    Row {
        name: "a multicast address",
        source: "natpmp",
        gateway: |home| says(home, natpmp(Ipv4Addr::new(224, 0, 0, 1))),
        expected: Nothing(69, "multicast"),
    },
    Row {
        name: "a gateway that keeps silent",
        source: "natpmp",
        gateway: |home| home.answer(PORT, |_, _, _| {}),
        expected: Nothing(75, "does not answer NAT-PMP"),
    },
    Row {
        name: "a gateway without the service",
        source: "natpmp",
        gateway: |_| {},
        expected: Nothing(75, "no NAT-PMP running"),
    },
    Row {
        name: "a neighbour answers first",
        source: "natpmp",
        gateway: |home| {
            let rogue = home.at_gateway(|| socket_at(ROGUE, 0));
            home.answer(PORT, move |socket, _, from| {
                send(&rogue, &natpmp(WRONG), from);
                std::thread::sleep(Duration::from_millis(50));
                send(socket, &natpmp(LINE), from);
            });
        },
        expected: Published,
    },
    Row {
        name: "only a neighbour answers",
        source: "natpmp",
        gateway: |home| {
            let rogue = home.at_gateway(|| socket_at(ROGUE, 0));
            home.answer(PORT, move |_, _, from| send(&rogue, &natpmp(WRONG), from));
        },
        expected: Nothing(75, "does not answer NAT-PMP"),
    },
    Row {
        name: "the answer comes from another port",
        source: "natpmp",
        gateway: |home| {
            let other = home.at_gateway(|| socket_at(GATEWAY, 0));
            home.answer(PORT, move |_, _, from| send(&other, &natpmp(WRONG), from));
        },
        expected: Nothing(75, "does not answer NAT-PMP"),
    },
    Row {
        name: "a flood of nonsense",
        source: "natpmp",
        gateway: |home| {
            home.answer(PORT, |socket, _, from| {
                (0..2000).for_each(|n: u16| send(socket, &n.to_be_bytes(), from));
            });
        },
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "some nonsense before the answer",
        source: "natpmp",
        gateway: |home| {
            home.answer(PORT, |socket, _, from| {
                (0..20).for_each(|_| send(socket, b"nonsense", from));
                send(socket, &natpmp(LINE), from);
            });
        },
        expected: Published,
    },
    Row {
        name: "the first two questions get lost",
        source: "natpmp",
        gateway: |home| {
            let mut asked = 0;
            home.answer(PORT, move |socket, _, from| {
                asked += 1;
                if asked == 3 {
                    send(socket, &natpmp(LINE), from);
                }
            });
        },
        expected: Published,
    },
    Row {
        name: "an answer that is far too late",
        source: "natpmp",
        gateway: |home| {
            home.answer(PORT, |socket, _, from| {
                std::thread::sleep(Duration::from_millis(4500));
                send(socket, &natpmp(WRONG), from);
            });
        },
        expected: Nothing(75, "does not answer NAT-PMP"),
    },
    Row {
        name: "several answers at once",
        source: "natpmp",
        gateway: |home| {
            home.answer(PORT, |socket, _, from| {
                for _ in 0..3 {
                    send(socket, &natpmp(LINE), from);
                }
            });
        },
        expected: Published,
    },
    Row {
        name: "a gateway that has PCP only",
        source: "natpmp",
        gateway: |home| pcp_gateway(home, |answer| answer),
        expected: Published,
    },
    Row {
        name: "PCP with the nonce of somebody else",
        source: "natpmp",
        gateway: |home| {
            pcp_gateway(home, |mut answer| {
                answer[30] ^= 1;
                answer
            });
        },
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "PCP cut off in the address",
        source: "natpmp",
        gateway: |home| pcp_gateway(home, |answer| answer[..56].to_vec()),
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "PCP with an address of IPv6",
        source: "natpmp",
        gateway: |home| {
            pcp_gateway(home, |mut answer| {
                answer[44..46].copy_from_slice(&[0x20, 1]);
                answer
            });
        },
        expected: Nothing(75, "with what is none"),
    },
    Row {
        name: "PCP refuses, in twelve bytes",
        source: "natpmp",
        gateway: |home| pcp_gateway(home, |_| vec![2, 129, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
        expected: Nothing(69, "refuses NAT-PMP"),
    },
    Row {
        name: "PCP has no room",
        source: "natpmp",
        gateway: |home| {
            pcp_gateway(home, |mut answer| {
                answer[3] = 8;
                answer
            });
        },
        expected: Nothing(75, "PCP result 8"),
    },
    Row {
        name: "PCP with an address of carrier-grade NAT",
        source: "natpmp",
        gateway: |home| {
            pcp_gateway(home, |mut answer| {
                answer[56..].copy_from_slice(&[100, 64, 0, 1]);
                answer
            });
        },
        expected: Nothing(69, "carrier-grade NAT"),
    },
    Row {
        name: "auto: a gateway with NAT-PMP",
        source: "auto",
        gateway: |home| says(home, natpmp(LINE)),
        expected: Published,
    },
    Row {
        name: "auto: a gateway without anything",
        source: "auto",
        gateway: |_| {},
        expected: Nothing(75, "no NAT-PMP running: switch it on there, or use another source; the"),
    },
    Row {
        name: "auto: carrier-grade NAT",
        source: "auto",
        gateway: |home| says(home, natpmp(Ipv4Addr::new(100, 71, 2, 3))),
        expected: Nothing(69, "\tcarrier-grade NAT: 192.168.7.1 has 100.71.2.3"),
    },
];

#[test]
fn no_wrong_address_is_published_whatever_comes_by_natpmp() {
    play(ROWS);
}

#[test]
fn a_named_gateway_is_believed_in_place_of_that_of_the_route() {
    let rogue = ROGUE.to_string();
    let home = Home::new(&[("source", "natpmp"), ("gateway", &rogue)]);
    let socket = home.at_gateway(|| socket_at(ROGUE, PORT));
    home.at_gateway(move || {
        std::thread::spawn(move || {
            let mut question = [0; 64];
            while let Ok((_, from)) = socket.recv_from(&mut question) {
                send(&socket, &natpmp(LINE), from);
            }
        });
    });
    assert_eq!(home.agent.run(&["update"]).code(), 0);
    assert_eq!(home.sent(), [LINE.to_string()]);
}

#[test]
fn a_default_route_without_a_router_is_a_sentence() {
    let home = Home::new(&[("source", "natpmp")]);
    crate::support::netns::ip(&["route", "replace", "default", "dev", "eth0"]);
    let output = home.agent.run(&["update"]);
    assert_eq!(output.code(), 69, "{}", output.said());
    assert!(output.stdout.contains("the default route by eth0 leads to no router"));
}

#[test]
fn a_record_of_ipv6_is_not_asked_for_by_natpmp() {
    let home = Home::new(&[("source", "natpmp"), ("family", "ipv6")]);
    says(&home, natpmp(WRONG));
    let output = home.agent.run(&["update"]);
    assert_eq!(output.code(), 69, "{}", output.said());
    assert!(output.stdout.contains("source natpmp knows ipv4 only"), "{}", output.stdout);
}
