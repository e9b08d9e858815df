//! What a service says when it refuses a signature, read and explained.
//!
//! [`Refusal::read`] turns a response into a typed refusal, from any of the shapes in which services answer.

mod fields;
mod kind;
mod message;
mod read;
mod show;
mod when;

pub use fields::MAX_BODY;
pub use kind::{Malformed, Refusal, RefusalKind, ScopePart, ServerText};
