//! What a script and a person see of the program: lines, exit codes, files it leaves alone.

mod check;
mod status;
mod unwritable;
mod update;
mod usage;
