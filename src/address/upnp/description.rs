//! A device's description -> the services that know its external address.

use super::url::Url;
use super::{Why, xml};
use crate::address::gateway::Make;

/// The descriptions of boxes have up to some 30 KB.
pub const DESCRIPTION_MAX: usize = 128 * 1024;
/// A box has one line, or one for each way to the internet.
pub const MAX_SERVICES: usize = 4;
/// Every type of service that has the action that is wanted.
const TYPES: [&str; 3] = [
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANIPConnection:2",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
];

/// What is asked, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// One of those that are known.
    pub kind: &'static str,
    /// Where its actions go.
    pub control: Url,
}

/// A box and its services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Who made it.
    pub make: Make,
    /// In its order, never empty.
    pub services: heapless::Vec<Service, MAX_SERVICES>,
}

/// Reads the description that was found at `location`.
///
/// # Errors
/// It is no proper XML, has no such service, or one that leads to another machine.
pub fn read(document: &[u8], location: &Url) -> Result<Description, Why> {
    let text = std::str::from_utf8(document).map_err(|_| Why::Malformed)?;
    if document.len() > DESCRIPTION_MAX {
        return Err(Why::Malformed);
    }
    let mut found = Draft::default();
    let found_in = std::cell::RefCell::new(&mut found);
    let leaf = &mut |path: &[&str], text: &str| found_in.borrow_mut().leaf(path, text);
    let closed = &mut |path: &[&str]| found_in.borrow_mut().closed(path);
    xml::scan(text, leaf, closed).map_err(|xml::Malformed| Why::Malformed)?;
    found.finish(location)
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    base: String,
    names: String,
    kind: Option<&'static str>,
    control: Option<String>,
    services: heapless::Vec<(&'static str, String), MAX_SERVICES>,
}

impl Draft {
    fn leaf(&mut self, path: &[&str], text: &str) {
        match path {
            ["root", "URLBase"] => text.clone_into(&mut self.base),
            ["root", "device", "friendlyName" | "manufacturer" | "modelName"] => {
                self.names += text;
                self.names.push(' ');
            }
            [.., "service", "serviceType"] => {
                self.kind = TYPES.into_iter().find(|kind| *kind == text);
            }
            [.., "service", "controlURL"] => self.control = Some(text.to_owned()),
            _ => {}
        }
    }

    fn closed(&mut self, path: &[&str]) {
        if path.last() == Some(&"service")
            && let (Some(kind), Some(control)) = (self.kind.take(), self.control.take())
        {
            // More than there is room for are no more lines, but a game.
            let _ = self.services.push((kind, control));
        }
    }

    fn finish(self, location: &Url) -> Result<Description, Why> {
        let base = match self.base.as_str() {
            "" => Some(location.clone()),
            base => location.join(base),
        };
        let base = base.ok_or(Why::Elsewhere)?;
        let found = self.services.len();
        let mut services = heapless::Vec::new();
        for (kind, control) in self.services {
            if let Some(control) = base.join(&control) {
                let _ = services.push(Service { kind, control });
            }
        }
        match (found, services.is_empty()) {
            (0, _) => Err(Why::NoService),
            (_, true) => Err(Why::Elsewhere),
            _ => Ok(Description { make: Make::of(&self.names), services }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location() -> Url {
        Url::at([192, 168, 1, 1].into(), "http://192.168.1.1:5000/rootDesc.xml").unwrap()
    }

    fn service(kind: &str, control: &str) -> String {
        format!(
            "<service><serviceType>urn:schemas-upnp-org:service:{kind}</serviceType>\
             <controlURL>{control}</controlURL><SCPDURL>/x.xml</SCPDURL></service>"
        )
    }

    fn document(head: &str, services: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">{head}<device>\
             <friendlyName>Livebox 4</friendlyName><deviceList><device><deviceList><device>\
             <serviceList>{services}</serviceList></device></deviceList></device></deviceList>\
             </device></root>"
        )
    }

    fn controls(document: &str) -> Result<Vec<String>, Why> {
        let services = read(document.as_bytes(), &location())?.services;
        Ok(services.iter().map(|service| service.control.to_string()).collect())
    }

    #[test]
    fn services_are_found_with_their_controls() {
        let ip1 = service("WANIPConnection:1", "/ctl/IPConn");
        let other = service("WANCommonInterfaceConfig:1", "/ctl/Common");
        let ppp = service("WANPPPConnection:1", " ppp ");
        let found = read(document("", &format!("{other}{ip1}{ppp}")).as_bytes(), &location());
        let found = found.unwrap();
        assert_eq!(found.make, Make::Livebox);
        let kinds: Vec<_> = found.services.iter().map(|service| service.kind).collect();
        assert_eq!(kinds, [TYPES[0], TYPES[2]]);
        let both = document("", &format!("{other}{ip1}{ppp}"));
        let expected = ["http://192.168.1.1:5000/ctl/IPConn", "http://192.168.1.1:5000/ppp"];
        assert_eq!(controls(&both), Ok(expected.map(String::from).to_vec()));
        let based = document(
            "<URLBase>http://192.168.1.1:49152/igd/</URLBase>",
            &service("WANIPConnection:2", "c"),
        );
        assert_eq!(controls(&based), Ok(vec!["http://192.168.1.1:49152/igd/c".into()]));
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_refused() {
        let ip = |control: &str| service("WANIPConnection:1", control);
        for (text, why) in [
            (document("", ""), Why::NoService),
            (document("", &service("WANIPConnection:3", "/c")), Why::NoService),
            (document("", &ip("http://192.168.1.66/c")), Why::Elsewhere),
            (document("<URLBase>http://192.168.1.66/</URLBase>", &ip("/c")), Why::Elsewhere),
            (document("", "<service>"), Why::Malformed),
            (document("<!DOCTYPE x>", &ip("/c")), Why::Malformed),
            (document("", &" ".repeat(DESCRIPTION_MAX)), Why::Malformed),
            (String::new(), Why::Malformed),
        ] {
            assert_eq!(controls(&text), Err(why), "{text:.200}");
        }
        let many = document("", &ip("/c").repeat(99));
        assert_eq!(controls(&many).unwrap().len(), MAX_SERVICES);
    }
}
