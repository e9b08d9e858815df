//! Where AWS credentials come from: environment, files, processes, SSO, web identity, roles, containers and instances.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
