//! `dynhost check`: every fault of the configuration, and what else may surprise.

use super::configuration::{Read, init_log, read_config};
use super::notes::notes;
use super::print;
use crate::cli::Invocation;
use crate::error::{EXIT_CONFIG, Error};
use crate::io::owners;

pub(super) fn check(invocation: &Invocation) -> Result<u8, Error> {
    let Read { path, mut config, secrets, .. } = read_config(invocation)?;
    init_log(invocation, None);
    config.faults.extend(owners::warnings(&path, &config, &secrets));
    config.faults.extend(owners::authority_warnings(&config));
    let faults: String = config.faults.iter().map(|fault| format!("{fault}\n")).collect();
    print(&faults)?;
    if !config.faults.is_empty() {
        return Ok(EXIT_CONFIG);
    }
    let count = config.hosts.len();
    print(&format!("{path}: no fault in {count} host(s)\n{}", notes(&config, &[]).join("")))
}
