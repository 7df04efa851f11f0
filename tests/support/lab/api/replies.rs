//! The replies of the API, in its two shapes of errors.

use serde_json::{Value, json};

use super::super::reply::Reply;

/// A value.
pub fn value(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

/// Done, with nothing to say.
pub fn null() -> Reply {
    Reply::json(200, "null")
}

/// An error from the door: key, time, signature, rights.
pub fn door(status: u16, code: &str, message: &str) -> Reply {
    let http = match status {
        400 => "400 Bad Request",
        _ => "403 Forbidden",
    };
    let body = json!({ "errorCode": code, "httpCode": http, "message": message });
    Reply::json(status, body.to_string())
}

/// An error from behind it.
pub fn behind(status: u16, class: &str, message: &str) -> Reply {
    Reply::json(status, json!({ "class": class, "message": message }).to_string())
}

/// The signature is wrong, or the body is of the wrong type.
pub fn invalid_signature() -> Reply {
    door(400, "INVALID_SIGNATURE", "Invalid signature")
}

/// A parameter that is not accepted, with what it is.
pub fn not_valid(name: &str, value: &Value) -> Reply {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let message = format!("[{name}] Given data ({shown}) is not valid");
    behind(400, "Client::BadRequest", &message)
}

/// There is one already.
pub fn conflict(what: &str) -> Reply {
    behind(409, "Client::Conflict", &format!("{what} already exists"))
}

/// The zone is not in the account.
pub fn no_service() -> Reply {
    behind(404, "Client::NotFound", "This service does not exist")
}

/// The number or login is not in the zone.
pub fn no_object(id: &str) -> Reply {
    let message = format!("The requested object (id = {id}) does not exist");
    behind(404, "Client::NotFound", &message)
}

/// The path or its method is none.
pub fn no_url() -> Reply {
    behind(404, "Client::NotFound", "Got an invalid (or empty) URL")
}
