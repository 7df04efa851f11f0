//! Every configuration that is shipped or shown passes `dynhost check`.

use dynhost::config::{self, HostEntry};

use super::{read, root, tracked_with};

/// A configuration with its examples switched on: `#` directly before a keyword goes away.
fn uncommented(configuration: &str) -> String {
    let keywords = ["#config ", "#\toption ", "#\tlist "];
    let line = |line: &str| {
        let is_example = keywords.iter().any(|keyword| line.starts_with(keyword));
        format!("{}\n", if is_example { &line[1..] } else { line })
    };
    configuration.lines().map(line).collect()
}

/// The faults of a configuration whose password files can be read.
fn faults(path: &str, text: &str) -> (usize, Vec<String>) {
    let config = config::read(path, text.as_bytes(), &|_| Ok("secret".into()));
    let usable = |entry: &&HostEntry| matches!(entry, HostEntry::Usable(_));
    let usable = config.hosts.iter().filter(usable).count();
    (usable, config.faults.iter().map(ToString::to_string).collect())
}

#[test]
fn every_shipped_configuration_passes_the_check_as_it_is_and_with_its_examples() {
    let path = "examples/dynhost.conf";
    let text = read(path);
    assert_eq!(faults(path, &text), (1, vec![]));
    assert_eq!(faults(path, &uncommented(&text)), (5, vec![]));
    let path = "debian/dynhost.conf";
    let text = read(path);
    assert_eq!(faults(path, &text).1.len(), 1, "nothing is wrong but that no host is there");
    assert_eq!(faults(path, &uncommented(&text)), (1, vec![]));
    let path = "openwrt/dynhost/files/dynhost.config";
    if root().join(path).exists() {
        let text = read(path);
        assert_eq!(faults(path, &text).1.len(), 1, "nothing is wrong but that no host is there");
        assert_eq!(faults(path, &uncommented(&text)), (2, vec![]));
    }
}

/// What stands between two fences of a document, without the language of the fence.
fn blocks(document: &str) -> impl Iterator<Item = &str> {
    let blocks = document.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| Some(block.split_once('\n')?.1))
}

#[test]
fn the_configurations_in_documents_and_man_page_pass_the_check() {
    let mut count = 0;
    for path in tracked_with(".md") {
        let document = read(&path);
        for text in blocks(&document).filter(|text| text.starts_with("config host")) {
            assert_eq!(faults(&path, text), (1, vec![]), "{text}");
            count += 1;
        }
    }
    assert!(count >= 3, "the configurations were not found");
    let man = read("man/dynhost.conf.5");
    let example = man.split_once(".Sh EXAMPLES").expect("examples").1;
    let example = example.split_once(".Bd -literal -offset indent\n").expect("a block").1;
    let example = example.split_once(".Ed").expect("its end").0;
    assert_eq!(faults("man/dynhost.conf.5", example), (1, vec![]));
}
