//! What one signature costs, beside other signers.

mod floor;
mod race;
mod signers;
mod workload;

pub use floor::Floor;
pub use race::{Entrant, Race, run};
pub use signers::ours;
pub use workload::{Sample, Workload};
