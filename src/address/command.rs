//! What the program of `option command` wrote -> an address.

use std::net::IpAddr;
use std::time::Duration;

use super::cadence::Cadence;
use super::source::About;
use super::{Family, NoAddress};
use crate::text::Printable;

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "command",
    is_built: true,
    cadence: Cadence::every(Duration::from_mins(5), Duration::ZERO),
    explanation: "a program prints the address",
};

/// The first line of what the program `argv` wrote, as an address of the family.
///
/// # Errors
///
/// [`NoAddress::CommandFailed`] with the program and a sentence.
pub fn address(argv: &[String], output: &[u8], family: Family) -> Result<IpAddr, NoAddress> {
    first_address(output, family).map_err(|why| {
        let program = argv.first().cloned().unwrap_or_default();
        NoAddress::CommandFailed { program, why }
    })
}

fn first_address(output: &[u8], family: Family) -> Result<IpAddr, String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().next().unwrap_or_default().trim();
    match line.parse() {
        Ok(address) if Family::of(address) == family => Ok(address),
        Ok(address) => Err(format!("its first line is {address}, which is not {family}")),
        Err(_) if line.is_empty() => Err("its first line is empty".to_owned()),
        Err(_) => Err(format!("its first line is no address: {}", Printable(line))),
    }
}
