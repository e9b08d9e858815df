//! What the benchmarks share.

pub mod allocations;
