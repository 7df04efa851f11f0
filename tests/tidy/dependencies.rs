//! Dependencies keep the rules of deny.toml: the file that cargo-deny reads, held up without the
//! network and without that tool.
//!
//! Sources are those of Cargo.lock, for every platform. Licenses and versions are those of what is
//! linked into the program on this machine: Cargo knows other crates only once it has them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::{read, root};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A crate as Cargo describes it.
struct Crate {
    name: String,
    version: String,
    license: String,
}

/// The crates that the program is built from, without those of the tests.
fn crates() -> Vec<Crate> {
    crates_by("normal,build")
}

fn crates_by(edges: &str) -> Vec<Crate> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["tree", "--locked", "--offline", "--edges", edges, "--prefix", "none"])
        .args(["--no-dedupe", "--format", "{p}|{l}", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    let crates = tree.lines().filter_map(|line| {
        let (package, license) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) =
            (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
        Some(Crate { name, version, license: license.to_owned() })
    });
    let crates: Vec<_> = crates.collect();
    assert!(crates.len() > 30, "the dependencies were not found: {tree}");
    crates
}

/// The first text in quotes of each line of a list of deny.toml.
fn listed(list: &str) -> BTreeSet<String> {
    let rules = read("deny.toml");
    let lines = rules.split_once(&format!("\n{list} = [\n")).expect("the list").1;
    let lines = lines.split("\n]").next().unwrap_or_default().lines();
    lines.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())).collect()
}

/// Whether an SPDX expression can be kept with these licenses alone.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let mut text = String::new();
    // An exception only adds to what a license permits, but cargo-deny wants it named.
    while let Some(word) = words.next() {
        let excepted = words.next_if_eq(&"WITH").is_some() && words.next().is_some();
        text += match word {
            "OR" => "|",
            "AND" => "&",
            "(" | ")" => word,
            license if allowed.contains(license) && !excepted => "1",
            _ => "0",
        };
    }
    evaluate(&text)
}

/// An expression of `0 1 & | ( )`, reduced until nothing is left of it but its value.
fn evaluate(text: &str) -> bool {
    let mut text = text.to_owned();
    loop {
        let mut next = text.replace("(1)", "1").replace("(0)", "0").replace("1&1", "1");
        for no in ["0&1", "1&0", "0&0"] {
            next = next.replace(no, "0");
        }
        if next == text {
            for (from, to) in [("1|1", "1"), ("1|0", "1"), ("0|1", "1"), ("0|0", "0")] {
                next = next.replacen(from, to, 1);
            }
        }
        if next == text {
            return text == "1";
        }
        text = next;
    }
}

#[test]
fn every_crate_comes_from_the_registry() {
    let mut found = Vec::new();
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        if root().join(lock).exists() {
            let lock = read(lock);
            let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
            found.extend(sources.map(|source| source.trim_matches('"').to_owned()));
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found.retain(|source| source != REGISTRY);
    assert!(found.is_empty(), "not from crates.io: {found:?}");
}

#[test]
fn every_license_is_one_that_may_be_passed_on() {
    let allowed = listed("allow");
    let mut found = crates();
    found.retain(|one| !is_allowed(&one.license, &allowed));
    let found: BTreeSet<_> =
        found.iter().map(|one| format!("{} {}: {}", one.name, one.version, one.license)).collect();
    assert!(found.is_empty(), "deny.toml does not allow {found:?}");
    // The check itself.
    let rows = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT AND ISC", true),
        ("(GPL-3.0-only OR MIT) AND (ISC OR AGPL-3.0-only)", true),
        ("(GPL-3.0-only OR MIT) AND AGPL-3.0-only", false),
        ("MIT AND ISC OR GPL-3.0-only AND ISC", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("", false),
    ];
    for (expression, expected) in rows {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

/// What may change without notice: the first number that is not 0.
fn compatible(version: &str) -> String {
    let numbers: Vec<&str> = version.split('.').collect();
    let first = numbers.iter().position(|number| *number != "0").unwrap_or(0);
    numbers[..=first].join(".")
}

/// Its licenses want to be passed on with the program: Debian's package does.
#[test]
fn debians_copyright_names_every_crate_that_is_linked() {
    let copyright = read("debian/copyright");
    let mut found = crates_by("normal,no-proc-macro");
    found.retain(|one| one.name != "dynhost");
    found.retain(|one| !copyright.contains(&format!("\nFiles: linked/{}/*\n", one.name)));
    let found: BTreeSet<_> = found.iter().map(|one| one.name.as_str()).collect();
    assert!(found.is_empty(), "debian/copyright lacks {found:?}: make copyright");
}

#[test]
fn no_crate_is_linked_in_two_versions() {
    let skipped = listed("skip");
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in crates() {
        let version = compatible(&one.version);
        if !skipped.contains(&format!("{}@{version}", one.name)) {
            versions.entry(one.name).or_default().insert(version);
        }
    }
    versions.retain(|_, found| found.len() > 1);
    assert!(versions.is_empty(), "linked twice: {versions:?}");
}

#[test]
fn the_router_targets_of_deny_toml_are_those_that_are_built() {
    let targets = listed("targets");
    for line in read("cross/targets").lines().filter(|line| !line.starts_with('#')) {
        if let Some(triple) = line.split('|').next().map(str::trim).filter(|one| !one.is_empty()) {
            assert!(targets.contains(triple), "deny.toml lacks {triple}");
        }
    }
}
