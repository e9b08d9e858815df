//! Everything that this crate takes from the outside, in one value that tests replace piece by piece.

mod environment;
mod files;
mod process;
mod system_process;

use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

use sigv4_core::clock::{Clock, SystemClock};
use sigv4_core::credentials::Sleep;

pub use environment::{Environment, SystemEnvironment};
pub use files::{Files, Folder, SystemFiles};
pub use process::{Finished, ProcessLimits, Processes};
pub use system_process::SystemProcesses;

use crate::http::HttpClient;
use crate::profile::{Locations, Platform};
use crate::timer::Timer;

/// Environment variables, files, processes, HTTP, the clock and a timer.
///
/// [`system`](Self::system) is what a program wants; [`isolated`](Self::isolated) holds nothing at all and
/// reaches nothing, so that a test adds what it is about:
///
/// ```
/// use sigv4_credentials::context::{Context, Folder};
/// use sigv4_credentials::profile::Profiles;
///
/// let context = Context::isolated()
///     .with_environment([("HOME", "/home/me")])
///     .with_files(Folder::empty().with_file("/home/me/.aws/config", "[default]\nregion = eu-central-1"));
/// assert_eq!(Profiles::load(&context)?.profile("default").unwrap().get("region"), Some("eu-central-1"));
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Context {
    environment: Arc<dyn Environment>,
    files: Arc<dyn Files>,
    processes: Option<Arc<dyn Processes>>,
    http: Option<Arc<dyn HttpClient>>,
    clock: Arc<dyn Clock>,
    timer: Timer,
    platform: Platform,
}

impl Context {
    /// The machine as it is. With feature `hyper` or `reqwest` HTTP and time-outs are there too (`reqwest` comes first);
    /// without them give both, by [`with_http`](Self::with_http) and [`with_sleep`](Self::with_sleep).
    pub fn system() -> Self {
        let context = Self {
            environment: Arc::new(SystemEnvironment),
            files: Arc::new(SystemFiles),
            processes: Some(Arc::new(SystemProcesses::new())),
            http: None,
            clock: Arc::new(SystemClock),
            timer: Timer::default(),
            platform: Platform::CURRENT,
        };
        #[cfg(any(feature = "hyper", feature = "reqwest"))]
        let context = context.with_sleep(crate::timer::TokioSleep);
        #[cfg(all(feature = "hyper", not(feature = "reqwest")))]
        let context = context.with_http(crate::http::HyperClient::new());
        #[cfg(feature = "reqwest")]
        let context = context.with_http(crate::http::ReqwestClient::new());
        context
    }

    /// No variables, no files, no processes, no network, and the clock of the system.
    pub fn isolated() -> Self {
        Self {
            environment: Arc::new([("", ""); 0]),
            files: Arc::new(Folder::empty()),
            processes: None,
            http: None,
            clock: Arc::new(SystemClock),
            timer: Timer::default(),
            platform: Platform::Unix,
        }
    }

    /// The same with other environment variables.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Environment + 'static) -> Self {
        self.environment = Arc::new(environment);
        self
    }

    /// The same with other files.
    #[must_use]
    pub fn with_files(mut self, files: impl Files + 'static) -> Self {
        self.files = Arc::new(files);
        self
    }

    /// The same with another way to run processes.
    #[must_use]
    pub fn with_processes(mut self, processes: impl Processes + 'static) -> Self {
        self.processes = Some(Arc::new(processes));
        self
    }

    /// The same with another HTTP client.
    #[must_use]
    pub fn with_http(mut self, http: impl HttpClient + 'static) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The same with a timer: with one, calls that take too long end in an error of kind `Timeout`, and attempts
    /// that failed are repeated after a pause rather than at once.
    #[must_use]
    pub fn with_sleep(mut self, sleep: impl Sleep + 'static) -> Self {
        self.timer = Timer::new(sleep);
        self
    }

    /// The same as on another kind of system.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self
    }

    /// The environment variables.
    pub fn environment(&self) -> &dyn Environment {
        &*self.environment
    }

    /// The files.
    pub fn files(&self) -> &dyn Files {
        &*self.files
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The kind of system.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    pub(crate) fn processes(&self) -> Option<&dyn Processes> {
        self.processes.as_deref()
    }

    pub(crate) fn http(&self) -> Option<&dyn HttpClient> {
        self.http.as_deref()
    }

    pub(crate) fn timer(&self) -> &Timer {
        &self.timer
    }

    pub(crate) fn shared_environment(&self) -> Arc<dyn Environment> {
        self.environment.clone()
    }

    /// Reads a file; a leading `~` is the home folder. Where no variable names that one, nothing is looked for below the
    /// working directory in its place.
    pub(crate) fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        if !path.starts_with("~") {
            return self.files.read(path, limit);
        }
        let path = Locations::find(self).expand(&path.to_string_lossy());
        if path.starts_with("~") {
            let message = "~ stands for no folder here: set HOME, or write the path in full";
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        self.files.read(&path, limit)
    }

    /// A variable; a blank one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name).filter(|value| !value.trim().is_empty())
    }

    /// Whether a variable is set to `true`, in any case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("platform", &self.platform).finish_non_exhaustive()
    }
}
