//! `dynhost check`: every fault of the configuration, and what else may surprise.

use super::configuration::{Read, check_whole, faults_of_file, init_log, inspect, read_config};
use super::notes::notes;
use super::print;
use crate::cli::Invocation;
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};

pub(super) fn check(invocation: &Invocation) -> Result<u8, Error> {
    let Read { path, config, .. } = inspect(invocation)?;
    init_log(invocation, None);
    let faults: String = config.faults.iter().map(|fault| format!("{fault}\n")).collect();
    print(&faults)?;
    if !config.faults.is_empty() {
        return Ok(EXIT_CONFIG);
    }
    let count = config.hosts.len();
    print(&format!("{path}: no fault in {count} host(s)\n{}", notes(&config, &[])))
}

/// Whether the file can be used as a whole, as a reload asks: what takes one host out is no matter.
pub(super) fn syntax(invocation: &Invocation) -> Result<u8, Error> {
    let read = read_config(invocation)?;
    let faults = faults_of_file(&read.config);
    print(&faults)?;
    check_whole(&read)?;
    Ok(if faults.is_empty() { EXIT_OK } else { EXIT_CONFIG })
}
