//! Rules for the files of the repository.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use super::{read, root, tracked, tracked_with};

/// Lines of a source file without its tests.
const MAX_LINES: usize = 250;
/// Characters in a line of source.
const MAX_WIDTH: usize = 100;

/// The part of a source file before its tests.
pub(super) fn without_tests(source: &str) -> &str {
    source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

pub(super) fn sources() -> Vec<String> {
    let sources = tracked_with(".rs");
    // Tests that are too many for the foot of their module are beside it.
    let is_test = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    let is_source = |path: &String| path.starts_with("src/") && !is_test(path);
    let sources: Vec<_> = sources.into_iter().filter(is_source).collect();
    assert!(sources.len() > 30, "the sources were not found: {sources:?}");
    sources
}

/// Every line of `path` in which `is_wrong` finds something, as `path:line: text`.
fn lines_with(path: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    // A file that is no text has no lines that could be wrong.
    let content = std::fs::read(root().join(path)).expect("a tracked file can be read");
    let text = String::from_utf8_lossy(&content);
    let lines = text.lines().enumerate().filter(|(_, line)| is_wrong(line));
    lines.map(|(index, line)| format!("{path}:{}: {line}", index + 1)).collect()
}

pub(super) fn assert_none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn source_files_are_short_and_narrow() {
    let mut found = Vec::new();
    for path in sources() {
        let lines = without_tests(&read(&path)).lines().count();
        if lines > MAX_LINES {
            found.push(format!("{path}: {lines} lines"));
        }
        // A sentence in quotes is not torn apart.
        let is_wide = |line: &str| line.chars().count() > MAX_WIDTH && !line.contains('"');
        found.extend(lines_with(&path, is_wide));
    }
    assert_none("too long", found);
}

#[test]
fn only_the_edge_and_the_tests_may_do_what_clippy_toml_forbids() {
    // In two parts, so that this file does not find itself.
    let allow = concat!("allow(clippy::", "disallowed_methods");
    let mut found = Vec::new();
    for path in sources() {
        let source = read(&path);
        if path != "src/io/mod.rs" && without_tests(&source).contains(allow) {
            found.push(path);
        }
    }
    assert_none("the guard of clippy.toml is switched off", found);
    assert!(read("src/io/mod.rs").contains(&format!("#![{allow}")), "the edge is gone");
}

/// Words of a text: what could be names.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// What this source offers to others.
fn public_items(source: &str) -> Vec<&str> {
    let public = without_tests(source).lines().filter_map(|line| line.trim().strip_prefix("pub "));
    let kinds = ["const fn ", "fn ", "struct ", "enum ", "const ", "type ", "trait ", "static "];
    let named = public.filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    named.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()).collect()
}

#[test]
fn hardly_anything_is_offered_to_others_that_no_other_file_names() {
    let texts: Vec<_> = tracked_with(".rs").into_iter().map(|path| (read(&path), path)).collect();
    let words: Vec<_> = texts.iter().map(|(text, path)| (words(text), path)).collect();
    let sources = sources();
    let mut found = Vec::new();
    let mut count = 0;
    for (text, path) in texts.iter().filter(|(_, path)| sources.contains(path)) {
        for item in public_items(text) {
            count += 1;
            if !words.iter().any(|(words, other)| *other != path && words.contains(item)) {
                found.push(format!("{path}: {item}"));
            }
        }
    }
    assert!(count > 400, "only {count} public items were found");
    // The types of results that are only passed on.
    assert!(found.len() < 20, "{} of {count}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn there_is_no_unsafe_code() {
    let keyword = concat!("un", "safe");
    let is_wrong = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        [" {", " fn", " impl", " trait", " extern"]
            .iter()
            .any(|rest| code.contains(&format!("{keyword}{rest}")))
    };
    let found = tracked_with(".rs").iter().flat_map(|path| lines_with(path, is_wrong)).collect();
    assert_none("unsafe", found);
    assert!(read("Cargo.toml").contains(&format!("{keyword}_code = \"deny\"")));
}

#[test]
fn nothing_is_left_to_be_done_and_no_machine_is_named() {
    let to_do = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let machine = [concat!("/wo", "rk/"), concat!("/ro", "ot/.")];
    let is_wrong = |line: &str| {
        // mktemp wants six or more of the letter.
        let line = line.replace(&"X".repeat(6), "");
        to_do.iter().chain(&machine).any(|word| line.contains(word))
    };
    // Locks are another program's text.
    let ours = tracked().into_iter().filter(|path| !path.ends_with("Cargo.lock"));
    assert_none("in tracked files", ours.flat_map(|path| lines_with(&path, is_wrong)).collect());
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = read("Cargo.toml");
    let (mut found, mut count) = (Vec::new(), 0);
    let (mut in_dependencies, mut explained) = (false, false);
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains(" = ") {
            count += 1;
            if !explained {
                found.push(line.to_owned());
            }
        }
        explained = line.starts_with('#');
    }
    assert_none("dependencies without a comment above", found);
    assert!(count > 10, "the dependencies were not found");
}

#[test]
fn every_test_file_and_every_fuzz_target_is_run() {
    let main = read("tests/main.rs");
    let fuzz = root().join("fuzz/Cargo.toml").exists().then(|| read("fuzz/Cargo.toml"));
    let mut found = Vec::new();
    for path in tracked_with(".rs") {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let name = name.trim_end_matches(".rs");
        let is_run = match folder {
            "tests" => name == "main" || main.contains(&format!("\nmod {name};")),
            "fuzz/fuzz_targets" => fuzz.as_ref().is_none_or(|fuzz| {
                fuzz.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\""))
            }),
            _ => true,
        };
        if !is_run {
            found.push(path);
        }
    }
    assert_none("belongs to no test binary", found);
}

#[test]
fn scripts_can_be_run_and_nothing_else_claims_to() {
    // Sourced by OpenWrt or installed with a mode of its own, or played by a test.
    let other_mode =
        |path: &str| ["openwrt/", "tests/openwrt/"].iter().any(|folder| path.starts_with(folder));
    let mut found = Vec::new();
    let mut scripts = 0;
    for path in tracked() {
        let content = std::fs::read(root().join(&path)).expect("a tracked file can be read");
        let mode = root().join(&path).metadata().expect("a tracked file").permissions().mode();
        let (is_script, may_run) = (content.starts_with(b"#!/"), mode & 0o111 != 0);
        scripts += usize::from(is_script);
        if is_script != may_run && !other_mode(&path) {
            found.push(format!("{path}: mode {:o}", mode & 0o777));
        }
    }
    assert_none("run bit and #! do not fit", found);
    assert!(scripts >= 2, "the scripts were not found");
    for path in [".ci/run", "tests/demo.sh"] {
        assert!(tracked().iter().any(|tracked| tracked == path), "{path} is not tracked");
    }
}
