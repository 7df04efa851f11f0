//! The one table of `DynHost` records that HTTPS changes and DNS reads.

use std::collections::BTreeMap;
use std::net::IpAddr;

use dynhost::address::Family;

/// Names in lower case without trailing dot, one address for each family.
#[derive(Debug)]
pub struct Records {
    addresses: BTreeMap<(String, Family), IpAddr>,
    serial: u32,
}

/// What an update did to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is no record of that name and family.
    Missing,
    /// It already had that address.
    None,
    /// It has it now.
    Stored,
}

impl Records {
    /// The table at the start.
    pub fn new(records: &[(String, IpAddr)]) -> Self {
        let mut table = Self { addresses: BTreeMap::new(), serial: 1 };
        for (hostname, address) in records {
            table.set(hostname, *address);
        }
        table
    }

    /// Creates the record or overwrites it, as the customer area does.
    pub fn set(&mut self, hostname: &str, address: IpAddr) {
        self.addresses.insert((hostname.to_lowercase(), family_of(address)), address);
        self.serial = self.serial.wrapping_add(1);
    }

    /// Deletes the record if there is one.
    pub fn remove(&mut self, hostname: &str, family: Family) {
        self.addresses.remove(&(hostname.to_lowercase(), family));
        self.serial = self.serial.wrapping_add(1);
    }

    /// Repoints a record that exists, as `nic/update` does.
    pub fn update(&mut self, hostname: &str, address: IpAddr) -> Change {
        match self.address(hostname, family_of(address)) {
            None => Change::Missing,
            Some(stored) if stored == address => Change::None,
            Some(_) => {
                self.set(hostname, address);
                Change::Stored
            }
        }
    }

    /// The address of a record.
    pub fn address(&self, hostname: &str, family: Family) -> Option<IpAddr> {
        self.addresses.get(&(hostname.to_lowercase(), family)).copied()
    }

    /// Every record.
    pub fn iter(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.addresses.iter().map(|((hostname, _), address)| (hostname.as_str(), *address))
    }

    /// The SOA serial: one more for each change.
    pub fn serial(&self) -> u32 {
        self.serial
    }
}

/// The family an address belongs to.
pub fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::Ipv4,
        IpAddr::V6(_) => Family::Ipv6,
    }
}
