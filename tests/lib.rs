//! Shared pieces of the tests.

pub mod official_suite;
pub mod packages;
pub mod peer;
pub mod plain;
