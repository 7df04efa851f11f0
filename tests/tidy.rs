//! Does the repository keep its own rules, and do the documents say what the program does?

mod completions;
mod configurations;
mod dependencies;
mod documents;
mod edge;
mod files;
mod options;
mod papers;
mod release;
mod rooms;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The content of a file, named from the top.
fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Every file that belongs to the repository, named from the top; from git, or from a walk where
/// there is no git (a source archive).
fn tracked() -> Vec<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .expect("file names are UTF-8")
            .split_terminator('\0')
            // What was deleted but not committed yet.
            .filter(|path| root().join(path).exists())
            .map(String::from)
            .collect(),
        _ => walk(root()),
    }
}

fn walk(directory: &Path) -> Vec<String> {
    const NOT_OURS: [&str; 5] = [".git", "target", "corpus", "artifacts", "dist"];
    let mut files = Vec::new();
    let mut directories: Vec<PathBuf> = vec![directory.into()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory of the repository") {
            let entry = entry.expect("a file of the repository");
            let (name, kind) = (entry.file_name(), entry.file_type().expect("a kind of file"));
            if kind.is_dir() && !NOT_OURS.iter().any(|not_ours| name == *not_ours) {
                directories.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let path = path.strip_prefix(root()).expect("below the top");
                files.push(path.to_str().expect("file names are UTF-8").to_owned());
            }
        }
    }
    files
}

/// Tracked files whose name ends so.
fn tracked_with(end: &str) -> Vec<String> {
    tracked().into_iter().filter(|path| path.ends_with(end)).collect()
}

/// Asserts that every one of `wanted` is a line of the document; prints those that are not, to be
/// copied into it.
fn assert_lines(path: &str, wanted: impl IntoIterator<Item = String>) {
    let document = read(path);
    let is_missing = |line: &String| !document.lines().any(|other| other == line);
    let missing: Vec<_> = wanted.into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{path} lacks these lines:\n{}", missing.join("\n"));
}

/// Asserts that each of `wanted` occurs in the document.
fn assert_mentions<'a>(path: &str, wanted: impl IntoIterator<Item = &'a str>) {
    let document = read(path);
    let missing: Vec<_> = wanted.into_iter().filter(|text| !document.contains(text)).collect();
    assert!(missing.is_empty(), "{path} does not mention {missing:?}");
}
