//! AWS Signature Version 4 middleware for reqwest.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
