//! The program and its provider: what is sent, what each answer leads to, and what never is.

mod both;
mod examples;
mod holds;
mod pace;
mod replies;
mod requests;
mod reuse;
mod silence;
mod unreachable;
