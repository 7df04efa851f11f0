//! One connection for several records: which answer belongs to which request.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::stage::{Stage, WAN, host};

/// Two hosts of one login.
fn two_hosts() -> Stage {
    let mut options = LabOptions::default();
    options.identifiers.push(Identifier::new("example.com-all", "secret", "*"));
    options.records.push(("second.example.com".into(), [81, 2, 69, 1].into()));
    let stage = Stage::with(options);
    let all = [("username", "example.com-all")];
    stage.configure_hosts(&["home", "second"].map(|name| host(name, &all)));
    stage
}

#[test]
fn over_tls_an_answer_that_nobody_asked_for_is_nobodys() {
    // The last byte that was asked for ends the agent's buffer; the rest waits inside TLS.
    for length in [0, 4095, 4096, 4097, 8192, 16 * 1024] {
        let stage = two_hosts();
        stage.lab.fault_times(Fault::Twice { length, word: "nohost".into() }, 1);
        let output = stage.update();
        let second = stage.agent.record("second");
        assert_eq!(second["last"]["code"], "good", "{length}: {output:?}");
        assert_eq!((stage.lab.requests().len(), stage.lab.connections()), (2, 2), "{length}");
    }
}

#[test]
fn over_plain_http_each_record_has_a_connection_of_its_own() {
    let stage = Stage::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/?h={{hostname}}&a={{address}}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            // The unasked one comes with the next request, so that no look beforehand sees it.
            let mut word = "good";
            while stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                let body = format!("{word} {WAN}");
                let length = body.len();
                let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(reply.as_bytes());
                word = "nohost";
            }
        }
    });
    let provider =
        format!("config provider 'plain'\n\toption url '{url}'\n\toption insecure_http '1'\n\n");
    let hosts = ["home", "second"].map(|name| host(name, &[("provider", "plain")]));
    stage.agent.configure(&(provider + &hosts.concat()));
    let output = stage.update();
    assert_eq!(output.verdict(), (0, vec!["updated".into(); 2]), "{output:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
