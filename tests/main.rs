//! Every integration test in one binary, a file for each question.
// The rules of clippy.toml keep the agent pure; tests start threads, files and processes freely.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]
// Nothing is reachable from outside a test binary; `pub` marks what support offers the tests.
#![allow(unreachable_pub)]

mod address;
mod cli;
#[cfg(feature = "doctor")]
mod doctor;
mod examples;
mod files;
mod hostile;
mod lab;
mod nat;
mod openwrt;
#[cfg(feature = "ovh")]
mod ovh;
#[cfg(feature = "ovh")]
mod ovh_sdk;
#[cfg(feature = "ovh")]
mod ovh_setup;
mod provider;
mod resolver;
mod resident;
mod restart;
mod rpcd;
mod scripts;
mod secrets;
mod slow;
mod tidy;
mod ubus;
mod year;
#[allow(dead_code, reason = "support offers more than the tests of one day use")]
mod support;
