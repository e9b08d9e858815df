//! `credential_process`: a command that prints credentials.

use sigv4_core::{Credentials, Error};

use super::provides;
use crate::context::{Context, Finished, ProcessLimits};
use crate::http::fail;
use crate::json::Object;
use crate::lookup::{Lookup, brief, from_json, within};

/// Credentials that a command prints as JSON of version 1.
///
/// The command runs anew at each call, for at most a minute, and may print 64 KiB; below a signer, for as long as its
/// `CredentialCache` waits, which is less unless told otherwise. When it fails, the error shows its
/// standard error, never its output. <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
///
/// ```
/// # #[cfg(unix)] {
/// use sigv4_credentials::ProcessProvider;
/// use sigv4_credentials::context::Context;
///
/// let command = r#"echo '{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "secret"}'"#;
/// let provider = ProcessProvider::new(&Context::system(), command);
/// # let _ = provider;
/// # }
/// ```
pub struct ProcessProvider {
    context: Context,
    command: String,
    limits: ProcessLimits,
}

impl ProcessProvider {
    /// Runs `command` in the system's shell.
    pub fn new(context: &Context, command: impl Into<String>) -> Self {
        Self { context: context.clone(), command: command.into(), limits: ProcessLimits::default() }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: ProcessLimits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let place = format!("credential_process {}", program(&self.command));
        let processes = self
            .context
            .processes()
            .ok_or_else(|| fail(format_args!("{place}: this context runs no processes")))?;
        let finished =
            processes.run(&self.command, self.limits).await.map_err(|error| within(&place, error))?;
        read(&finished).map(Lookup::Found).map_err(|error| within(&place, error))
    }
}

provides!(ProcessProvider, "credential_process");

/// The program of a command line, for messages. Its arguments may be secrets, and so may variables that are set before it:
/// then nothing is shown.
fn program(command: &str) -> &str {
    command.split_whitespace().next().filter(|word| !word.contains('=')).unwrap_or_default()
}

fn read(finished: &Finished) -> Result<Credentials, Error> {
    if !finished.success {
        let diagnostics = brief(&finished.diagnostics);
        let said = if diagnostics.is_empty() {
            "it said nothing".to_owned()
        } else {
            format!("it said: {diagnostics}")
        };
        return Err(fail(format_args!("it failed ({}); {said}", finished.status)));
    }
    from_output(&finished.output)
}

/// Reads what a process printed.
pub(crate) fn from_output(output: &[u8]) -> Result<Credentials, Error> {
    let answer = Object::parse(output).map_err(|error| within("what it printed cannot be used", error))?;
    match answer.number("Version") {
        Some(1) => {}
        Some(other) => return Err(fail(format_args!("it printed Version {other}, and only 1 is known"))),
        None => return Err(fail("it printed no \"Version\": 1")),
    }
    Ok(from_json(&answer, "SessionToken", false)?.with_source("credential_process"))
}
