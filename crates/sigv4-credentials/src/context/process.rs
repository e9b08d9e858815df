//! Processes: the trait, its limits and what comes back.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sigv4_core::Error;
use zeroize::Zeroizing;

/// How commands are run.
#[async_trait]
pub trait Processes: Send + Sync {
    /// Runs a command line in the system's shell and waits for its end, within `limits`.
    ///
    /// A process that exceeds a limit is ended; that and a command that cannot be started are errors. A process that
    /// ends by itself is none, whatever its exit status.
    async fn run(&self, command: &str, limits: ProcessLimits) -> Result<Finished, Error>;
}

/// What a process may use.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ProcessLimits {
    /// The time from start to end.
    pub timeout: Duration,
    /// The bytes on standard output; more is an error.
    pub max_output: usize,
    /// The bytes kept of standard error; the rest is read and dropped.
    pub max_diagnostics: usize,
}

impl Default for ProcessLimits {
    /// A minute, 64 KiB of output, 2 KiB of diagnostics.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(60), max_output: 64 << 10, max_diagnostics: 2 << 10 }
    }
}

/// A process that came to its end. `Debug` shows no output: it holds secrets.
pub struct Finished {
    /// Whether it ended with status 0.
    pub success: bool,
    /// How it ended, for people: `exit status: 1`.
    pub status: String,
    /// Standard output.
    pub output: Zeroizing<Vec<u8>>,
    /// The beginning of standard error.
    pub diagnostics: String,
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished").field("status", &self.status).finish_non_exhaustive()
    }
}
