//! The program and its provider: what is sent, what each answer leads to, and what never is.

mod holds;
mod pace;
mod replies;
mod requests;
mod reuse;
mod silence;
mod unreachable;
