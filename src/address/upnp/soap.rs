//! SOAP: the two questions, and what comes back.

use std::net::Ipv4Addr;

use super::{Why, xml};

/// Answers have some 500 bytes.
pub const ANSWER_MAX: usize = 16 * 1024;
/// Some boxes find their header only if it is spelled so.
pub const HEADER: &str = "SOAPACTION";
/// What a question is.
pub const CONTENT_TYPE: &str = "text/xml; charset=\"utf-8\"";

/// A question to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The address on the line.
    ExternalAddress,
    /// Whether the line is connected.
    Status,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::ExternalAddress => "GetExternalIPAddress",
            Self::Status => "GetStatusInfo",
        }
    }

    const fn answer(self) -> &'static str {
        match self {
            Self::ExternalAddress => "NewExternalIPAddress",
            Self::Status => "NewConnectionStatus",
        }
    }

    /// The value of [`HEADER`] for a service of this type.
    #[must_use]
    pub fn header(self, kind: &str) -> String {
        format!("\"{kind}#{}\"", self.name())
    }

    /// The body.
    #[must_use]
    pub fn body(self, kind: &str) -> String {
        let name = self.name();
        format!(
            "<?xml version=\"1.0\"?>\r\n<s:Envelope \
             xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:{name} \
             xmlns:u=\"{kind}\"/></s:Body></s:Envelope>\r\n"
        )
    }
}

/// What a service answers, as text.
///
/// # Errors
/// It refuses, or says nothing that was asked for.
pub fn read(action: Action, status: u16, document: &[u8]) -> Result<String, Why> {
    // What a status of its own says needs no body; a refusal is one with a code in it.
    if !matches!(status, 200 | 500) {
        return Err(Why::Status(status));
    }
    let text = std::str::from_utf8(document).map_err(|_| Why::Malformed)?;
    if document.len() > ANSWER_MAX {
        return Err(Why::Malformed);
    }
    let (mut values, mut code) = (Vec::new(), None);
    let leaf = &mut |path: &[&str], text: &str| match path {
        ["Envelope", "Body", _, name] if *name == action.answer() => values.push(text.to_owned()),
        [.., "UPnPError", "errorCode"] => code = text.parse().ok(),
        _ => {}
    };
    let read = xml::scan(text, leaf, &mut |_| {});
    if status == 500 {
        return Err(code.map_or(Why::Status(status), Why::Fault));
    }
    read.map_err(|xml::Malformed| Why::Malformed)?;
    // Two answers are none.
    match &mut values[..] {
        [value] => Ok(std::mem::take(value)),
        _ => Err(Why::Malformed),
    }
}

/// The external address in an answer.
///
/// # Errors
/// See [`read`]; [`Why::Down`] if it is empty.
pub fn address(status: u16, document: &[u8]) -> Result<Ipv4Addr, Why> {
    let text = read(Action::ExternalAddress, status, document)?;
    if text.is_empty() {
        return Err(Why::Down);
    }
    text.parse().map_err(|_| Why::Malformed)
}

/// Whether the line of a service is connected; one that does not say may be.
#[must_use]
pub fn may_be_connected(status: u16, document: &[u8]) -> bool {
    read(Action::Status, status, document).map_or(true, |text| text == "Connected")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"x\"><SOAP-ENV:Body>\
             <m:GetExternalIPAddressResponse xmlns:m=\"y\">{inside}\
             </m:GetExternalIPAddressResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"
        )
    }

    fn fault(code: &str) -> String {
        format!(
            "<s:Envelope><s:Body><s:Fault><faultcode>s:Client</faultcode><detail><UPnPError>\
             <errorCode>{code}</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>"
        )
    }

    #[test]
    fn an_address_is_read_and_everything_else_has_a_reason() {
        let tag =
            |text: &str| answer(&format!("<NewExternalIPAddress>{text}</NewExternalIPAddress>"));
        for (status, text, result) in [
            (200, tag("81.2.69.10"), Ok([81, 2, 69, 10].into())),
            (200, tag(" <![CDATA[81.2.69.10]]>\n"), Ok([81, 2, 69, 10].into())),
            (200, tag("0.0.0.0"), Ok([0, 0, 0, 0].into())),
            (200, tag(""), Err(Why::Down)),
            (200, answer("<NewExternalIPAddress/>"), Err(Why::Down)),
            (200, answer(""), Err(Why::Malformed)),
            (200, tag("81.2.69.10 81.2.69.11"), Err(Why::Malformed)),
            (200, tag("::1"), Err(Why::Malformed)),
            (200, tag("<b>81.2.69.10</b>"), Err(Why::Malformed)),
            (200, tag("1") + "x", Err(Why::Malformed)),
            (200, tag("81.2.69.10").replace("Body", "Header"), Err(Why::Malformed)),
            (
                200,
                answer(&"<NewExternalIPAddress>81.2.69.10</NewExternalIPAddress>".repeat(2)),
                Err(Why::Malformed),
            ),
            (500, fault("501"), Err(Why::Fault(501))),
            (500, fault("many"), Err(Why::Status(500))),
            (500, String::new(), Err(Why::Status(500))),
            (500, tag("81.2.69.10"), Err(Why::Status(500))),
            (401, tag("81.2.69.10"), Err(Why::Status(401))),
            (302, tag("81.2.69.10"), Err(Why::Status(302))),
            (200, tag(&" ".repeat(ANSWER_MAX)), Err(Why::Malformed)),
        ] {
            assert_eq!(address(status, text.as_bytes()), result, "{status} {text:.300}");
        }
        assert_eq!(address(200, b"\xff"), Err(Why::Malformed));
    }

    #[test]
    fn a_line_that_does_not_say_may_be_connected() {
        let said =
            |text: &str| answer(&format!("<NewConnectionStatus>{text}</NewConnectionStatus>"));
        assert!(may_be_connected(200, said("Connected").as_bytes()));
        assert!(!may_be_connected(200, said("Disconnected").as_bytes()));
        assert!(may_be_connected(401, b""));
    }

    #[test]
    fn the_question_names_service_and_action() {
        let kind = "urn:schemas-upnp-org:service:WANIPConnection:1";
        let header = Action::ExternalAddress.header(kind);
        assert_eq!(header, format!("\"{kind}#GetExternalIPAddress\""));
        let body = Action::Status.body(kind);
        assert!(body.contains(&format!("<u:GetStatusInfo xmlns:u=\"{kind}\"/>")));
        let mut names = Vec::new();
        let leaf = &mut |path: &[&str], _: &str| names.push(path.join("/"));
        assert_eq!(xml::scan(&body, leaf, &mut |_| {}), Ok(()));
        assert_eq!(names, ["Envelope/Body/GetStatusInfo"]);
    }
}
