//! Shared pieces of the tests.

pub mod capture;
pub mod clients;
pub mod log;
pub mod official_suite;
pub mod packages;
pub mod peer;
pub mod plain;
