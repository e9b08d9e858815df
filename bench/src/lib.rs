//! What the benchmarks share.

pub mod allocations;
pub mod random;
pub mod sink;
pub mod stats;
