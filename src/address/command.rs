//! What the program of `option command` wrote -> an address.

use std::net::IpAddr;

use super::Family;

/// The first line of an output, as an address of the family.
///
/// # Errors
///
/// A sentence that goes on after the program's name.
pub fn first_address(output: &[u8], family: Family) -> Result<IpAddr, String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().next().unwrap_or_default().trim();
    match line.parse() {
        Ok(address) if Family::of(address) == family => Ok(address),
        Ok(address) => Err(format!("its first line is {address}, which is not {family}")),
        Err(_) if line.is_empty() => Err("its first line is empty".to_owned()),
        Err(_) => Err(format!("its first line is no address: {}", line.escape_default())),
    }
}
