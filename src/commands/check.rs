//! `dynhost check`: every fault of the configuration, and what else may surprise.

use std::path::PathBuf;

use super::configuration::{
    Read, check_whole, faults_of_file, init_log, read_config, state_dir_path,
};
use super::notes::notes;
use super::print;
use crate::cli::Invocation;
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};
use crate::io::keeper::Keeper;
use crate::io::owners;

pub(super) fn check(invocation: &Invocation) -> Result<u8, Error> {
    let Read { path, mut config, secrets, .. } = read_config(invocation)?;
    init_log(invocation, None);
    let state_dir = PathBuf::from(state_dir_path(invocation, Some(&config)));
    let keeper = Keeper::find(&path, &state_dir);
    config.faults.extend(owners::warnings(&path, &config, &secrets, keeper));
    config.faults.extend(owners::locked_out(&path, &state_dir));
    config.faults.extend(owners::authority_warnings(&config));
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
