//! Refusals in the shapes in which services write them: read, explained, and hostile.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic")]

mod explaining;
mod healing;
mod hostile;
mod learnt;
mod lines;
mod others;
mod reading;
mod table;
mod unblamed;
