//! Does the lab's API take what the vendor's own SDK sends, and refuse what it should?

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::lab::Lab;
use crate::support::lab::api::KeyState;
use crate::support::lab::options::LabOptions;
use crate::support::temp::TempDir;

const KEYS: &str = "[default]\nendpoint=ovh-eu\n\n[ovh-eu]\napplication_key=lab-application\n\
    application_secret=lab-application-secret\nconsumer_key=lab-consumer\n";
const SERVICE: &str = "[default]\nendpoint=ovh-eu\n\n[ovh-eu]\nclient_id=EU.lab\n\
    client_secret=lab-client-secret\n";
const ZONE: &str = "/domain/zone/example.com";
const YEAR: i64 = 365 * 86_400;

/// An account with a zone in it and nothing else.
fn empty() -> LabOptions {
    let (identifiers, records) = (Vec::new(), Vec::new());
    LabOptions { identifiers, records, ..LabOptions::default() }
}

/// What the SDK made of each call, `METHOD:PATH[:JSON]`.
fn ask(lab: &Lab, ovh_conf: &str, calls: &[String]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/ovh-sdk/bin/python");
    assert!(python.exists(), "the vendor's SDK is not installed, run: make ovh-sdk");
    let directory = TempDir::new();
    std::fs::write(directory.path().join("ovh.conf"), ovh_conf).unwrap();
    let base = lab.api_base();
    let token_url = base.replace("/1.0", "/auth/oauth2/token");
    let output = Command::new(python)
        .arg(root.join("tests/ovh_sdk/client.py"))
        .args([&base, &token_url])
        .args(calls)
        .current_dir(directory.path())
        .env_clear()
        .env("HOME", directory.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("REQUESTS_CA_BUNDLE", lab.ca_file())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn calls(calls: &[&str]) -> Vec<String> {
    calls.iter().map(|call| (*call).to_owned()).collect()
}

/// The exception and the provider's words of one call.
fn refused(lab: &Lab, ovh_conf: &str, call: &str) -> (String, String) {
    let answer = ask(lab, ovh_conf, &calls(&[call])).remove(0);
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    assert!(text("query").starts_with("EU.ext-"), "{call}: {answer}");
    (text("error"), text("said"))
}

fn create() -> Vec<String> {
    let login =
        json!({ "loginSuffix": "home", "password": "p'w\"\u{e9}4567", "subDomain": "home" });
    let record = json!({ "ip": "81.2.69.1", "subDomain": "home" });
    vec![
        format!("POST:{ZONE}/dynHost/login:{login}"),
        format!("POST:{ZONE}/dynHost/record:{record}"),
        format!("GET:{ZONE}/dynHost/login?subDomain=home"),
        format!("GET:{ZONE}/dynHost/record?subDomain=om"),
        format!("POST:{ZONE}/refresh"),
    ]
}

#[test]
fn what_the_sdk_creates_is_what_updates_and_dns_know() {
    for ovh_conf in [KEYS, SERVICE] {
        let lab = Lab::start(empty());
        lab.account().set_clock_ahead(YEAR);
        let listed = ask(&lab, ovh_conf, &calls(&["GET:/auth/time", "GET:/domain/zone"]));
        assert!(listed[0]["value"].as_i64().unwrap() >= lab.account().time() - 10);
        assert_eq!(listed[1]["value"], json!(["example.com"]));
        let created = ask(&lab, ovh_conf, &create());
        let login =
            json!({ "login": "example.com-home", "subDomain": "home", "zone": "example.com" });
        assert_eq!(created[0]["value"], login);
        let record = &created[1]["value"];
        assert_eq!((&record["ip"], &record["ttl"]), (&json!("81.2.69.1"), &json!(60)));
        assert_eq!(created[2]["value"], json!(["example.com-home"]));
        assert_eq!(created[3]["value"], json!([record["id"]]));
        assert_eq!(created[4], json!({ "value": null }));
        let client = Client::new(&lab, "example.com-home", "p'w\"\u{e9}4567");
        let updated = client.update("home.example.com", "81.2.69.10").unwrap();
        assert_eq!(updated.body, "good 81.2.69.10");
        let id = record["id"].as_u64().unwrap();
        let change = json!({ "ip": "81.2.69.11", "subDomain": "home" });
        let changed = ask(
            &lab,
            ovh_conf,
            &[
                format!(
                    "POST:{ZONE}/dynHost/login/example.com-home/changePassword:{}",
                    json!({ "password": "another-1" })
                ),
                format!("PUT:{ZONE}/dynHost/record/{id}:{change}"),
                format!("GET:{ZONE}/dynHost/record/{id}"),
                format!("DELETE:{ZONE}/dynHost/record/{id}"),
                format!("DELETE:{ZONE}/dynHost/login/example.com-home"),
            ],
        );
        assert!(changed.iter().all(|answer| answer.get("value").is_some()), "{changed:?}");
        assert_eq!(changed[2]["value"]["ip"], "81.2.69.11");
        assert!(lab.identifiers().is_empty());
    }
}

#[test]
fn every_refusal_is_the_sdks_own_exception() {
    let lab = Lab::start(empty());
    let pair = |error: &str, said: &str| (error.to_owned(), said.to_owned());
    let wrong = |from: &str| KEYS.replace(from, "wrong");
    let zones = "GET:/domain/zone";
    assert_eq!(
        refused(&lab, &wrong("lab-application-secret"), zones),
        pair("BadParametersError", "Invalid signature")
    );
    let unknown = KEYS.replace("application_key=lab-application", "application_key=wrong");
    assert_eq!(
        refused(&lab, &unknown, zones),
        pair("InvalidKey", "This application key is invalid")
    );
    assert_eq!(
        refused(&lab, &wrong("lab-consumer"), zones),
        pair("NotCredential", "This credential does not exist")
    );
    assert_eq!(
        refused(&lab, KEYS, "GET:/domain/zone/example.net"),
        pair("ResourceNotFoundError", "This service does not exist")
    );
    assert_eq!(
        refused(&lab, KEYS, &create()[0].replace("home", "x\u{e9}")).0,
        "BadParametersError"
    );
    lab.account().set_rights(&[("GET", "/domain/zone/*")]);
    assert_eq!(
        refused(&lab, KEYS, zones),
        pair("NotGrantedCall", "This call has not been granted")
    );
    assert_eq!(
        refused(&lab, SERVICE, zones),
        pair("APIError", "User not granted for this request")
    );
    let zone = ask(&lab, KEYS, &[format!("GET:{ZONE}")]).remove(0);
    assert_eq!(zone["value"]["nameServers"], json!(["ns1.provider.lab"]));
}

#[test]
fn a_consumer_key_is_of_use_once_it_is_validated() {
    let lab = Lab::start(empty());
    let rules = json!([["GET", "/domain/zone"], ["POST", "/domain/zone/example.com/refresh"]]);
    let key = ask(&lab, KEYS, &[format!("POST:/auth/credential:{rules}")]).remove(0);
    let key = &key["value"];
    assert_eq!(key["state"], "pendingValidation");
    assert!(key["validationUrl"].as_str().unwrap().starts_with("https://localhost:"));
    let keys = KEYS.replace("lab-consumer", key["consumerKey"].as_str().unwrap());
    let states = [
        (KeyState::PendingValidation, Some("InvalidCredential")),
        (KeyState::Refused, Some("InvalidCredential")),
        (KeyState::Expired, Some("InvalidCredential")),
        (KeyState::Validated, None),
    ];
    for (state, error) in states {
        lab.account().set_key("last", state).unwrap();
        let answers =
            ask(&lab, &keys, &calls(&["GET:/domain/zone", "GET:/auth/currentCredential"]));
        for answer in &answers {
            assert_eq!(answer["error"].as_str(), error, "{state:?} {answer}");
        }
        if error.is_none() {
            assert_eq!(answers[1]["value"]["status"], "validated");
        }
    }
    assert_eq!(refused(&lab, &keys, &format!("GET:{ZONE}")).0, "NotGrantedCall");
}
