//! What one signature costs, beside other signers.

mod floor;
mod race;
mod signers;
mod workload;

pub use race::{Race, alone, run};
pub use signers::ours;
pub use workload::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Workload};
