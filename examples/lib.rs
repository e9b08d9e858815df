//! What the examples share.

pub mod clients;
pub mod file_body;

/// Any error: an example prints it and stops.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
