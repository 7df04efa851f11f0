//! UPnP: neighbours that answer first, descriptions that lead elsewhere, answers that are none.

use std::time::Duration;

use super::Expected::{Nothing, Published};
use super::{Row, play, send};
use crate::support::gateway::{
    GATEWAY, Home, LINE, ROGUE, WRONG, description, http, serve_http, soap, socket_at, ssdp,
};

const SSDP: u16 = 1900;
const HTTP: u16 = 5000;
const ADDRESS: &str = "NewExternalIPAddress";
const STATUS: &str = "NewConnectionStatus";

fn place(path: &str) -> String {
    format!("http://{GATEWAY}:{HTTP}{path}")
}

/// The gateway answers the search with these places.
fn found_at(home: &Home, places: &[String]) {
    let answers: Vec<_> = places.iter().map(|place| ssdp(place)).collect();
    home.answer(SSDP, move |socket, _, from| {
        for answer in &answers {
            send(socket, answer, from);
        }
    });
}

/// A gateway with this description, whose services answer a SOAP question, which is the whole
/// request, like this.
fn gateway(home: &Home, description: String, answer: fn(&str) -> Vec<u8>) {
    found_at(home, &[place("/desc.xml")]);
    home.serve(HTTP, move |request| {
        if request.starts_with("GET /desc.xml ") {
            http("200 OK", &description)
        } else if request.starts_with("POST /ctl") {
            answer(request)
        } else {
            http("404 Not Found", "")
        }
    });
}

fn usual() -> String {
    description("", &["/ctl"])
}

/// What a service that works says.
fn works(request: &str) -> Vec<u8> {
    // As strict as the boxes that find their header only in this spelling.
    let header = "\r\nSOAPACTION: \"urn:schemas-upnp-org:service:WANIPConnection:1#";
    let Some((_, action)) = request.split_once(header) else {
        return http("401 Invalid Action", "");
    };
    if action.starts_with("GetStatusInfo\"\r\n") {
        return http("200 OK", &soap(STATUS, "Connected"));
    }
    assert!(action.starts_with("GetExternalIPAddress\"\r\n"), "{request}");
    http("200 OK", &soap(ADDRESS, &LINE.to_string()))
}

/// A neighbour with a device of its own that names a wrong address.
fn rogue(home: &Home) -> String {
    let document = description("", &["/ctl"]);
    home.at_gateway(move || {
        serve_http(ROGUE, HTTP, move |request| {
            let answer = soap(ADDRESS, &WRONG.to_string());
            http("200 OK", if request.starts_with("GET") { &document } else { &answer })
        })
    });
    format!("http://{ROGUE}:{HTTP}/desc.xml")
}

const ROWS: &[Row] = &[
    Row {
        name: "a gateway that does it right",
        source: "upnp",
        gateway: |home| gateway(home, usual(), works),
        expected: Published,
    },
    Row {
        name: "auto: a gateway with UPnP alone",
        source: "auto",
        gateway: |home| gateway(home, usual(), works),
        expected: Published,
    },
    Row {
        name: "nobody answers",
        source: "upnp",
        gateway: |home| home.answer(SSDP, |_, _, _| {}),
        expected: Nothing(75, "does not answer UPnP"),
    },
    Row {
        name: "a neighbour answers first",
        source: "upnp",
        gateway: |home| {
            let location = rogue(home);
            let neighbour = home.at_gateway(|| socket_at(ROGUE, 0));
            gateway_after(home, move |from| send(&neighbour, &ssdp(&location), from));
        },
        expected: Published,
    },
    Row {
        name: "a neighbour drowns the search in answers",
        source: "upnp",
        gateway: |home| {
            let neighbour = home.at_gateway(|| socket_at(ROGUE, 0));
            gateway_after(home, move |from| {
                let answer = ssdp(&format!("http://{ROGUE}:{HTTP}/desc.xml"));
                (0..50).for_each(|_| send(&neighbour, &answer, from));
            });
        },
        expected: Published,
    },
    Row {
        name: "only a neighbour answers",
        source: "upnp",
        gateway: |home| {
            let location = rogue(home);
            let neighbour = home.at_gateway(|| socket_at(ROGUE, 0));
            home.answer(SSDP, move |_, _, from| send(&neighbour, &ssdp(&location), from));
        },
        expected: Nothing(75, "192.168.7.66 answers UPnP, and only the gateway 192.168.7.1"),
    },
    Row {
        name: "a neighbour claims the gateway's location",
        source: "upnp",
        gateway: |home| {
            let neighbour = home.at_gateway(|| socket_at(ROGUE, 0));
            home.answer(SSDP, move |_, _, from| {
                send(&neighbour, &ssdp(&place("/desc.xml")), from);
            });
        },
        expected: Nothing(75, "is believed"),
    },
    Row {
        name: "the gateway names a neighbour",
        source: "upnp",
        gateway: |home| {
            let location = rogue(home);
            found_at(home, &[location]);
        },
        expected: Nothing(69, "the address of another machine"),
    },
    Row {
        name: "the gateway names this machine",
        source: "upnp",
        gateway: |home| {
            found_at(home, &["http://127.0.0.1:5000/".into(), "http://[fe80::1]:5000/".into()]);
        },
        expected: Nothing(69, "the address of another machine"),
    },
    Row {
        name: "the search is answered with nonsense",
        source: "upnp",
        gateway: |home| {
            home.answer(SSDP, |socket, question, from| {
                for answer in [&b""[..], &[0xff; 2000], b"HTTP/1.1 200 OK\r\n\r\n", question] {
                    send(socket, answer, from);
                }
            });
        },
        expected: Nothing(75, "does not answer UPnP"),
    },
    Row {
        name: "nobody serves the description",
        source: "upnp",
        gateway: |home| found_at(home, &[place("/desc.xml")]),
        expected: Nothing(75, "cannot be asked by UPnP: refused"),
    },
    Row {
        name: "the description is never sent",
        source: "upnp",
        gateway: |home| {
            found_at(home, &[place("/desc.xml")]);
            home.serve(HTTP, |_| {
                std::thread::sleep(Duration::from_secs(20));
                vec![]
            });
        },
        expected: Nothing(75, "cannot be asked by UPnP: timeout"),
    },
    Row {
        name: "the description is a redirect to a neighbour",
        source: "upnp",
        gateway: |home| {
            let location = rogue(home);
            found_at(home, &[place("/desc.xml")]);
            home.serve(HTTP, move |_| {
                let head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n");
                format!("{head}Content-Length: 0\r\n\r\n").into()
            });
        },
        expected: Nothing(75, "status 302"),
    },
    Row {
        name: "the description has no end",
        source: "upnp",
        gateway: |home| gateway(home, description(&"<a/>".repeat(50_000), &["/ctl"]), works),
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "the description is nested without measure",
        source: "upnp",
        gateway: |home| {
            let deep = "<a>".repeat(9000) + &"</a>".repeat(9000);
            gateway(home, description(&deep, &["/ctl"]), works);
        },
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "the description defines entities",
        source: "upnp",
        gateway: |home| {
            let bomb = "<!DOCTYPE root [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
            gateway(home, format!("{bomb}{}", usual()), works);
        },
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "the description has no service",
        source: "upnp",
        gateway: |home| gateway(home, description("", &[]), works),
        expected: Nothing(69, "no UPnP service"),
    },
    Row {
        name: "the service is a neighbour's",
        source: "upnp",
        gateway: |home| {
            rogue(home);
            gateway(home, description("", &["http://192.168.7.66:5000/ctl"]), works);
        },
        expected: Nothing(69, "the address of another machine"),
    },
    Row {
        name: "URLBase is a neighbour's",
        source: "upnp",
        gateway: |home| {
            rogue(home);
            let base = "<URLBase>http://192.168.7.66:5000/</URLBase>";
            gateway(home, description(base, &["/ctl"]), works);
        },
        expected: Nothing(69, "the address of another machine"),
    },
    Row {
        name: "URLBase is the gateway's, and the service below it",
        source: "upnp",
        gateway: |home| {
            let base = "<URLBase>http://192.168.7.1:5000/</URLBase>";
            gateway(home, description(base, &["ctl"]), works);
        },
        expected: Published,
    },
    Row {
        name: "the first place is another device",
        source: "upnp",
        gateway: |home| {
            gateway_with_more(home, &[place("/television.xml"), place("/desc.xml")]);
        },
        expected: Published,
    },
    Row {
        name: "the first of two lines is not connected",
        source: "upnp",
        gateway: |home| {
            gateway(home, description("", &["/ctl1", "/ctl2"]), |request| {
                if request.starts_with("POST /ctl2 ") {
                    works(request)
                } else if request.contains("#GetStatusInfo") {
                    http("200 OK", &soap(STATUS, "Disconnected"))
                } else {
                    http("200 OK", &soap(ADDRESS, &WRONG.to_string()))
                }
            });
        },
        expected: Published,
    },
    Row {
        name: "the status is refused, and the only service works",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |request| {
                if request.contains("#GetStatusInfo") {
                    http("401 Unauthorized", "")
                } else {
                    works(request)
                }
            });
        },
        expected: Published,
    },
    Row {
        name: "the action is not implemented",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                let fault = "<Envelope><Body><Fault><detail><UPnPError><errorCode>501</errorCode>\
                             </UPnPError></detail></Fault></Body></Envelope>";
                http("500 Internal Server Error", fault)
            });
        },
        expected: Nothing(69, "error 501"),
    },
    Row {
        name: "an error with an address in it",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                http("500 Internal Server Error", &soap(ADDRESS, &WRONG.to_string()))
            });
        },
        expected: Nothing(75, "status 500"),
    },
    Row {
        name: "two addresses in one answer",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                let one = format!("<{ADDRESS}>{WRONG}</{ADDRESS}>");
                let body = soap("a", "b").replace("<a>b</a>", &one.repeat(2));
                http("200 OK", &body)
            });
        },
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "an address outside of the answer",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                let one = format!("<{ADDRESS}>{WRONG}</{ADDRESS}>");
                http("200 OK", &format!("<Envelope>{one}<Body/></Envelope>"))
            });
        },
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "an answer without an end",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                http("200 OK", &soap(ADDRESS, &(" ".repeat(100_000) + &WRONG.to_string())))
            });
        },
        expected: Nothing(75, "no proper XML"),
    },
    Row {
        name: "half of an answer",
        source: "upnp",
        gateway: |home| {
            gateway(home, usual(), |_| {
                let whole = http("200 OK", &soap(ADDRESS, &WRONG.to_string()));
                whole[..whole.len() - 40].to_vec()
            });
        },
        expected: Nothing(75, "cannot be asked by UPnP"),
    },
    Row {
        name: "an empty address",
        source: "upnp",
        gateway: |home| gateway(home, usual(), |_| http("200 OK", &soap(ADDRESS, ""))),
        expected: Nothing(69, "its line is down"),
    },
    Row {
        name: "0.0.0.0",
        source: "upnp",
        gateway: |home| gateway(home, usual(), |_| http("200 OK", &soap(ADDRESS, "0.0.0.0"))),
        expected: Nothing(69, "line is down"),
    },
    Row {
        name: "a private address",
        source: "upnp",
        gateway: |home| gateway(home, usual(), |_| http("200 OK", &soap(ADDRESS, "192.168.1.9"))),
        expected: Nothing(69, "double NAT"),
    },
    Row {
        name: "carrier-grade NAT at a box that is known",
        source: "upnp",
        gateway: |home| gateway(home, usual(), |_| http("200 OK", &soap(ADDRESS, "100.64.9.9"))),
        expected: Nothing(69, "a switch in the Livebox's own page ends it"),
    },
    Row {
        name: "text that is no address",
        source: "upnp",
        gateway: |home| gateway(home, usual(), |_| http("200 OK", &soap(ADDRESS, "your address"))),
        expected: Nothing(75, "no proper XML"),
    },
];

/// A gateway that works, and answers the search a moment after something else has happened.
fn gateway_after(home: &Home, first: impl Fn(std::net::SocketAddr) + Send + 'static) {
    let answer = ssdp(&place("/desc.xml"));
    home.answer(SSDP, move |socket, _, from| {
        first(from);
        std::thread::sleep(Duration::from_millis(50));
        send(socket, &answer, from);
    });
    serve_device(home);
}

/// A gateway that works, with these places in its answer to the search.
fn gateway_with_more(home: &Home, places: &[String]) {
    found_at(home, places);
    serve_device(home);
}

fn serve_device(home: &Home) {
    home.serve(HTTP, |request| {
        if request.starts_with("GET /desc.xml ") {
            http("200 OK", &usual())
        } else if request.starts_with("GET") {
            http("200 OK", "<root><device><friendlyName>TV</friendlyName></device></root>")
        } else {
            works(request)
        }
    });
}

#[test]
fn no_wrong_address_is_published_whatever_comes_by_upnp() {
    play(ROWS);
}
