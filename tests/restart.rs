//! What survives a power cut, a full disk and a file that is not ours.

mod files;
mod journal;
mod kill;
mod room;
mod together;
