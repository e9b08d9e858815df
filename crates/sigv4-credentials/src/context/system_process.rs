//! Processes of the machine, on a thread of their own: no async runtime needed.

use std::io::{ErrorKind as IoErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sigv4_core::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::process::{Finished, ProcessLimits, Processes};
use crate::oneshot;

/// The most bytes that are set aside for output before there is any.
const MOST_AT_ONCE: usize = 16 << 20;
/// How often the thread looks whether the process ended or its caller left.
const TICK: Duration = Duration::from_millis(5);

/// Commands run by `sh -c`, on Windows by `cmd.exe /C`.
///
/// Each runs on a thread of its own, in a process group of its own that is ended as a whole when the command takes too
/// long, prints too much, or nobody waits for it any more.
#[derive(Clone, Default)]
pub struct SystemProcesses {
    variables: Option<Arc<Vec<(String, String)>>>,
}

impl std::fmt::Debug for SystemProcesses {
    /// Not the variables, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemProcesses").finish_non_exhaustive()
    }
}

impl SystemProcesses {
    /// Commands see the variables of this process.
    pub fn new() -> Self {
        Self::default()
    }

    /// Commands see these variables and no others.
    pub fn with_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: Some(Arc::new(variables.into_iter().collect())) }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = if cfg!(windows) {
            let mut command = Command::new("cmd.exe");
            command.args(["/C", line]);
            command
        } else {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", line]);
            command
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if let Some(variables) = &self.variables {
            command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        }
        command
    }
}

#[async_trait]
impl Processes for SystemProcesses {
    async fn run(&self, line: &str, limits: ProcessLimits) -> Result<Finished, Error> {
        let command = self.command(line);
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new()
            .name("credential-process".to_owned())
            .spawn(move || {
                let outcome = wait_for(command, limits, &sender);
                sender.send(outcome);
            })
            .map_err(|error| failed("no thread could be started for it").with_source(error))?;
        receiver.await.unwrap_or_else(|| Err(failed("the thread that ran it ended early")))
    }
}

fn failed(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Credentials, format!("the process could not be run: {why}"))
}

/// What one of the two pipes gave: its bytes, and whether there were more than allowed.
type Piped = std::io::Result<(Zeroizing<Vec<u8>>, bool)>;

fn wait_for<T>(
    mut command: Command,
    limits: ProcessLimits,
    waiting: &oneshot::Sender<T>,
) -> Result<Finished, Error> {
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| failed(&error).with_source(error))?;
    let output = read_pipe(child.stdout.take(), limits.max_output, false);
    let diagnostics = read_pipe(child.stderr.take(), limits.max_diagnostics, true);

    let outcome = (|| {
        let left = || limits.timeout.saturating_sub(started.elapsed());
        let output = receive(&output, left, waiting, &limits)?;
        let (output, too_long) = output.map_err(|error| failed(&error).with_source(error))?;
        if too_long {
            let limit = limits.max_output;
            return Err(failed(format_args!("it printed more than {limit} bytes, and was ended")));
        }
        let status = loop {
            match child.try_wait().map_err(|error| failed(&error).with_source(error))? {
                Some(status) => break status,
                None if left().is_zero() || waiting.is_abandoned() => return Err(timed_out(&limits)),
                None => thread::sleep(TICK),
            }
        };
        // A grandchild may hold this pipe open: what it says matters less than an answer, but explains that there is none.
        let patience = Duration::from_millis(if status.success() { 50 } else { 2000 });
        let diagnostics = receive(&diagnostics, || left().min(patience), waiting, &limits)
            .ok()
            .and_then(Result::ok)
            .map(|(bytes, _)| String::from_utf8_lossy(&bytes).trim().to_owned())
            .unwrap_or_default();
        Ok(Finished { success: status.success(), status: status.to_string(), output, diagnostics })
    })();
    if outcome.is_err() {
        end(&mut child);
    }
    outcome
}

fn timed_out(limits: &ProcessLimits) -> Error {
    let message = format!("the process did not end within {:?}, and was ended", limits.timeout);
    Error::new(ErrorKind::Timeout, message)
}

fn receive<T>(
    pipe: &Receiver<Piped>,
    left: impl Fn() -> Duration,
    waiting: &oneshot::Sender<T>,
    limits: &ProcessLimits,
) -> Result<Piped, Error> {
    let mut remaining = left();
    loop {
        match pipe.recv_timeout(remaining.min(TICK)) {
            Ok(piped) => return Ok(piped),
            Err(RecvTimeoutError::Disconnected) => return Err(failed("its output could not be read")),
            Err(RecvTimeoutError::Timeout) if waiting.is_abandoned() => return Err(timed_out(limits)),
            Err(RecvTimeoutError::Timeout) => remaining = remaining.saturating_sub(TICK).min(left()),
        }
        if remaining.is_zero() {
            return Err(timed_out(limits));
        }
    }
}

/// Reads a pipe on a thread. At the limit it stops (so that the writer finds the pipe closed), or drops what follows.
fn read_pipe(pipe: Option<impl Read + Send + 'static>, limit: usize, drain: bool) -> Receiver<Piped> {
    let (sender, receiver) = channel();
    let Some(mut pipe) = pipe else { return receiver };
    let mut read = move || -> Piped {
        // Room for all of it from the start, so that no copy of a secret is left behind by a growing buffer.
        let mut kept = Zeroizing::new(Vec::with_capacity(limit.min(MOST_AT_ONCE)));
        let mut buffer = Zeroizing::new([0u8; 4096]);
        loop {
            let count = match pipe.read(&mut buffer[..]) {
                Ok(0) => return Ok((kept, false)),
                Ok(count) => count,
                Err(error) if error.kind() == IoErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let room = count.min(limit - kept.len());
            kept.extend_from_slice(&buffer[..room]);
            if room < count && !drain {
                return Ok((kept, true));
            }
        }
    };
    // Without a thread the sender is dropped, and the receiver says so.
    let _ =
        thread::Builder::new().name("credential-process-pipe".to_owned()).spawn(move || sender.send(read()));
    receiver
}

/// Ends the process and, where groups are known, all that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        // The shell's own `kill` knows groups; the standard library does not.
        let group = format!("kill -s KILL -- -{}", child.id());
        let _ = Command::new("/bin/sh").args(["-c", &group]).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}
