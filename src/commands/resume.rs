//! `dynhost resume`: releases holds, or has them released.

use super::access::{Access, claim_or};
use super::configuration::{configuration, state_dir};
use crate::cli::Invocation;
use crate::error::{EXIT_OK, Error};
use crate::pass::{Engine, poke};

pub(super) fn resume(invocation: &Invocation, hosts: &[String]) -> Result<u8, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    match claim_or(&store, None, |runner| poke::resume(&config, runner, hosts))? {
        Access::Mine(_lock) => Engine::new(config, store)?.resume(hosts)?,
        Access::Answered(exit) => return Ok(exit),
    }
    Ok(EXIT_OK)
}
