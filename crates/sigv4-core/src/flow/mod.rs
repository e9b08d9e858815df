//! What all adapters share: the wire form, the payload's plan, buffering and hashing, deadlines.

mod buffer;
mod deadline;
mod hash;
#[cfg(feature = "refusals")]
mod kept;
#[cfg(feature = "refusals")]
mod peek;
mod plan;
mod redirect;
mod seal;
mod wire;

pub use buffer::Collect;
pub use deadline::{Deadline, Step, TimeLimit};
pub use hash::{HASHED_AT_ONCE, sha256};
#[cfg(feature = "refusals")]
pub use kept::{COPIED, Kept};
#[cfg(feature = "refusals")]
pub use peek::Peeked;
pub use plan::{BodyShape, PayloadPlan};
pub use redirect::{
    Elsewhere, Hop, RedirectChain, RedirectRules, redirected_method, strip, strip_body_hash,
    strip_body_headers,
};
pub use seal::Seal;
pub use wire::{state_empty_body, wire_path};

pub(crate) use plan::{PlanFacts, check_content_length};
pub(crate) use wire::{host_header, settled_uri, uploads};
