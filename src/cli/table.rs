//! Every command and option once: the help, the parser and the shells' completions follow it.

/// An option of the command line.
#[derive(Debug)]
pub struct Flag {
    /// Without its two dashes.
    pub name: &'static str,
    /// What stands behind it, such as `FILE`; empty if nothing does.
    pub value: &'static str,
    /// What it does, in a few words.
    pub meaning: &'static str,
}

/// A command, as help, parser and completions know it.
#[derive(Debug)]
pub struct Verb {
    /// The word.
    pub name: &'static str,
    /// What else it takes, such as `[HOST...]`; empty if nothing.
    pub operands: &'static str,
    /// What it does, in a few words.
    pub meaning: &'static str,
    /// What only this command takes.
    pub flags: &'static [Flag],
}

/// What stands before or after every command.
pub const COMMON: [Flag; 3] = [
    Flag { name: "config", value: "FILE", meaning: "the configuration" },
    Flag { name: "state-dir", value: "DIR", meaning: "where the state file is" },
    Flag { name: "log-level", value: LEVELS, meaning: "least severity that is logged" },
];

/// The values of `--log-level`.
pub const LEVELS: &str = "error|warn|info|debug";

/// A level of the log as it is written on the command line and in the configuration.
#[must_use]
pub fn log_level(word: &str) -> Option<log::LevelFilter> {
    match word {
        "error" => Some(log::LevelFilter::Error),
        "warn" => Some(log::LevelFilter::Warn),
        "info" => Some(log::LevelFilter::Info),
        "debug" => Some(log::LevelFilter::Debug),
        _ => None,
    }
}

/// Every command.
pub const COMMANDS: [Verb; 7] = [
    Verb {
        name: "update",
        operands: "[HOST...]",
        meaning: "one pass: read addresses, send what is due, print a line for each record",
        flags: &[
            Flag {
                name: "interface",
                value: "NAME",
                meaning: "leave out hosts on another logical interface (hotplug's INTERFACE)",
            },
            Flag {
                name: "force",
                value: "",
                meaning: "also send an address that is already published; holds are respected",
            },
            Flag {
                name: "dry-run",
                value: "",
                meaning: "print what would be sent; send and write nothing",
            },
        ],
    },
    Verb {
        name: "run",
        operands: "",
        meaning: "keep running: react to addresses, to the clock and to signals; retry",
        flags: &[Flag {
            name: "until-settled",
            value: "",
            meaning: "end once nothing is left to do",
        }],
    },
    Verb {
        name: "status",
        operands: "[HOST...]",
        meaning: "what is published, what happened last, what comes next",
        flags: &[
            Flag { name: "json", value: "", meaning: "the records as in the state file" },
            Flag {
                name: "prometheus",
                value: "",
                meaning: "metrics in the text exposition format",
            },
        ],
    },
    Verb {
        name: "check",
        operands: "",
        meaning: "read the configuration and report every fault with its line",
        flags: &[Flag {
            name: "syntax",
            value: "",
            meaning: "only those that leave nothing of the file to be used",
        }],
    },
    Verb {
        name: "doctor",
        operands: "[HOST...]",
        meaning: "look at everything between this device and a name, and say what to do",
        flags: &[Flag { name: "json", value: "", meaning: "one document, an object on each line" }],
    },
    Verb { name: "resume", operands: "HOST...", meaning: "release a hold", flags: &[] },
    Verb {
        name: "ovh",
        operands: "...",
        meaning: "create identifiers and records at OVHcloud: see dynhost ovh --help",
        flags: &[],
    },
];

const HELP_HEAD: &str = "\
dynhost keeps DynHost names pointing at the public address of this device

usage: dynhost";

const HELP_TAIL: &str = "  --version, --help

HOST is the name of a config host section, such as home in: config host 'home'

update prints: HOST FAMILY RESULT ADDRESS TEXT, separated by tabs; RESULT is one of
updated unchanged would-update held failed no-address disabled

exit codes of update: 0 every record current or disabled; 64 usage; 69 no publishable
address; 71 the kernel does not answer; 74 own files; 75 will be retried; 77 held or
rejected, you have to act; 78 configuration
";

/// What `--help` prints.
#[must_use]
pub fn help() -> String {
    let mut text = String::from(HELP_HEAD);
    for Flag { name, value, .. } in &COMMON {
        text.extend([" [--", name, " ", value, "]"]);
    }
    text += " COMMAND\n\ncommands:\n";
    for Verb { name, operands, meaning, flags } in &COMMANDS {
        entry(&mut text, 23, ["  ", name, operands], meaning);
        for Flag { name, value, meaning } in *flags {
            entry(&mut text, 25, ["      --", name, value], meaning);
        }
    }
    text + HELP_TAIL
}

/// A line with the meaning in a column of its own.
fn entry(text: &mut String, column: usize, [mark, name, value]: [&str; 3], meaning: &str) {
    let blank = if value.is_empty() { "" } else { " " };
    let length = mark.len() + name.len() + blank.len() + value.len();
    text.extend([mark, name, blank, value]);
    text.extend(std::iter::repeat_n(' ', column.saturating_sub(length).max(1)));
    text.extend([meaning, "\n"]);
}
