//! AWS Signature Version 4 as tower layers: SignLayer for clients, VerifyLayer for servers.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
