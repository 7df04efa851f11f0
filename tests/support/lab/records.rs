//! The one table of records that HTTPS changes and DNS reads.
//!
//! What the API edits is stored at once and shown after a refresh; `nic/update` repoints what is
//! stored, and shows it if the record was shown already.

use std::collections::BTreeMap;
use std::net::IpAddr;

use dynhost::address::Family;

use super::options::zone_of;

/// A record that is none of `DynHost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Its number.
    pub id: u64,
    /// In lower case without trailing dot.
    pub hostname: String,
    /// `A`, `CNAME` and so on.
    pub kind: String,
    /// What it points at.
    pub target: String,
    /// Seconds, 0 for that of the zone.
    pub ttl: u32,
}

/// A `DynHost` record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynHost {
    /// Its number.
    pub id: u64,
    /// In lower case without trailing dot.
    pub hostname: String,
    /// What it points at.
    pub address: IpAddr,
}

/// What DNS shows at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Names and addresses of `DynHost` records.
    pub addresses: Vec<(String, IpAddr)>,
    /// The other records.
    pub plain: Vec<Plain>,
    /// The SOA serial.
    pub serial: u32,
}

/// Names in lower case without trailing dot, one address for each family.
#[derive(Debug)]
pub struct Records {
    stored: Table,
    shown: Table,
    serial: u32,
    last_id: u64,
}

#[derive(Clone, Debug, Default)]
struct Table {
    addresses: BTreeMap<(String, Family), (u64, IpAddr)>,
    plain: Vec<Plain>,
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
        let (stored, shown) = (Table::default(), Table::default());
        let mut table = Self { stored, shown, serial: 1, last_id: 1_000_000 };
        for (hostname, address) in records {
            table.set(hostname, *address);
        }
        table
    }

    /// Creates the record or overwrites it, visible at once, as the customer area does.
    pub fn set(&mut self, hostname: &str, address: IpAddr) {
        let key = (hostname.to_lowercase(), family_of(address));
        let id = self.stored.addresses.get(&key).map(|(id, _)| *id);
        let id = id.unwrap_or_else(|| self.next_id());
        self.stored.addresses.insert(key.clone(), (id, address));
        self.shown.addresses.insert(key, (id, address));
        self.serial = self.serial.wrapping_add(1);
    }

    /// Deletes the record if there is one, visible at once.
    pub fn remove(&mut self, hostname: &str, family: Family) {
        let key = (hostname.to_lowercase(), family);
        self.stored.addresses.remove(&key);
        self.shown.addresses.remove(&key);
        self.serial = self.serial.wrapping_add(1);
    }

    /// Repoints a record that exists, as `nic/update` does.
    pub fn update(&mut self, hostname: &str, address: IpAddr) -> Change {
        let key = (hostname.to_lowercase(), family_of(address));
        match self.stored.addresses.get_mut(&key) {
            None => Change::Missing,
            Some((_, stored)) if *stored == address => Change::None,
            Some((_, stored)) => {
                *stored = address;
                if let Some((_, shown)) = self.shown.addresses.get_mut(&key) {
                    *shown = address;
                    self.serial = self.serial.wrapping_add(1);
                }
                Change::Stored
            }
        }
    }

    /// The address of a record.
    pub fn address(&self, hostname: &str, family: Family) -> Option<IpAddr> {
        let stored = self.stored.addresses.get(&(hostname.to_lowercase(), family))?;
        Some(stored.1)
    }

    /// What DNS shows.
    pub fn view(&self) -> View {
        let addresses = self.shown.addresses.iter();
        View {
            addresses: addresses
                .map(|((name, _), (_, address))| (name.clone(), *address))
                .collect(),
            plain: self.shown.plain.clone(),
            serial: self.serial,
        }
    }

    /// Every `DynHost` record as stored.
    pub fn dynhost(&self) -> Vec<DynHost> {
        let stored = self.stored.addresses.iter();
        let stored = stored.map(|((hostname, _), (id, address))| DynHost {
            id: *id,
            hostname: hostname.clone(),
            address: *address,
        });
        stored.collect()
    }

    /// Stores a `DynHost` record, hidden until the next refresh; `None` if there is one.
    pub fn add_dynhost(&mut self, hostname: &str, address: IpAddr) -> Option<u64> {
        let key = (hostname.to_lowercase(), family_of(address));
        if self.stored.addresses.contains_key(&key) {
            return None;
        }
        let id = self.next_id();
        self.stored.addresses.insert(key, (id, address));
        Some(id)
    }

    /// Deletes what has this number, whichever kind it is; shown until the next refresh.
    pub fn remove_id(&mut self, id: u64) -> bool {
        let count = self.stored.addresses.len() + self.stored.plain.len();
        self.stored.addresses.retain(|_, (other, _)| *other != id);
        self.stored.plain.retain(|plain| plain.id != id);
        count > self.stored.addresses.len() + self.stored.plain.len()
    }

    /// Repoints the `DynHost` record of this number; `false` if another has that name and family.
    pub fn change_dynhost(&mut self, id: u64, hostname: &str, address: IpAddr) -> bool {
        let key = (hostname.to_lowercase(), family_of(address));
        if self.stored.addresses.get(&key).is_some_and(|(other, _)| *other != id) {
            return false;
        }
        self.stored.addresses.retain(|_, (other, _)| *other != id);
        self.stored.addresses.insert(key, (id, address));
        true
    }

    /// Every plain record as stored.
    pub fn plain(&self) -> &[Plain] {
        &self.stored.plain
    }

    /// Stores a plain record, hidden until the next refresh; its number.
    pub fn add_plain(&mut self, hostname: &str, (kind, target): (&str, &str), ttl: u32) -> u64 {
        let id = self.next_id();
        let (hostname, kind) = (hostname.to_lowercase(), kind.into());
        self.stored.plain.push(Plain { id, hostname, kind, target: target.into(), ttl });
        id
    }

    /// Shows what is stored of this zone.
    pub fn refresh(&mut self, zone: &str) {
        let of_zone = |hostname: &str| zone_of(hostname) == zone;
        self.shown.addresses.retain(|(hostname, _), _| !of_zone(hostname));
        self.shown.plain.retain(|plain| !of_zone(&plain.hostname));
        for (key, value) in &self.stored.addresses {
            if of_zone(&key.0) {
                self.shown.addresses.insert(key.clone(), *value);
            }
        }
        let plain = self.stored.plain.iter().filter(|plain| of_zone(&plain.hostname));
        self.shown.plain.extend(plain.cloned());
        self.serial = self.serial.wrapping_add(1);
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// The family an address belongs to.
pub fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::Ipv4,
        IpAddr::V6(_) => Family::Ipv6,
    }
}
