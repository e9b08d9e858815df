//! Bodies: what is signed of them.

mod payload;

pub use payload::{Payload, PayloadHash, UNSIGNED_PAYLOAD};
