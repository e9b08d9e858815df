//! A hyper client that signs every request with AWS Signature Version 4.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
