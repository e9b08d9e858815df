//! What one signature costs, beside other signers.

mod floor;
mod race;
mod signers;
mod workload;

pub use race::{alone, run};
pub use workload::Workload;
