//! What the benchmarks share.

pub mod allocations;
pub mod sink;
