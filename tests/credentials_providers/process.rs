#![cfg(unix)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials};
use sigv4_credentials::ProcessProvider;
use sigv4_credentials::context::{Context, ProcessLimits, SystemProcesses};

use crate::support::*;

fn run_within(command: &str, timeout: Duration) -> Result<Credentials, Error> {
    let variables =
        [("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("GREETING".to_owned(), "AKID".to_owned())];
    let context = Context::isolated().with_processes(SystemProcesses::with_variables(variables));
    let mut limits = ProcessLimits::default();
    limits.timeout = timeout;
    block_on(ProcessProvider::new(&context, command).with_limits(limits).provide_credentials())
}

fn run(command: &str) -> Result<Credentials, Error> {
    run_within(command, Duration::from_secs(60))
}

#[test]
fn temporary_and_long_term_credentials() {
    let found = run(
        r#"echo '{"Version": 1, "AccessKeyId": "ASIA1", "SecretAccessKey": "hush", "SessionToken": "t", "Expiration": "2022-05-02T18:36:00+00:00"}'"#,
    )
    .unwrap();
    assert_eq!((found.access_key_id(), found.session_token()), ("ASIA1", Some("t")));
    assert_eq!(found.source(), "credential_process");
    assert!(found.expiry().is_some());
    let found =
        run(r#"echo "{\"Version\": 1, \"AccessKeyId\": \"$GREETING\", \"SecretAccessKey\": \"hush\"}""#)
            .unwrap();
    assert_eq!((found.access_key_id(), found.session_token(), found.expiry()), ("AKID", None, None));
}

#[test]
fn failures_say_what_happened_and_show_standard_error_alone() {
    let keys = r#""AccessKeyId": "A", "SecretAccessKey": "hush""#;
    for (command, parts) in [
        ("echo hush; echo 'not logged in' >&2; exit 3".to_owned(), &["exit status: 3", "not logged in"][..]),
        ("exit 1".to_owned(), &["exit status: 1", "it said nothing"]),
        ("kill -9 $$".to_owned(), &["signal: 9"]),
        (
            "/no/such/program --password=hush".to_owned(),
            &["credential_process /no/such/program", "exit status: 127"],
        ),
        (
            "VAULT_TOKEN=hush /no/such/program".to_owned(),
            &["credential_process : it failed", "exit status: 127"],
        ),
        ("true".to_owned(), &["not JSON"]),
        ("echo hush".to_owned(), &["not JSON"]),
        (format!("echo '{{{keys}}}'"), &["Version"]),
        (format!(r#"echo '{{"Version": 2, {keys}}}'"#), &["Version 2"]),
        (r#"echo '{"Version": 1, "SecretAccessKey": "hush"}'"#.to_owned(), &["no AccessKeyId"]),
        (format!(r#"echo '{{"Version": 1, {keys}, "Expiration": "x"}}'"#), &["Expiration"]),
        ("seq -f 'line %g' 100000 >&2; exit 1".to_owned(), &["exit status: 1", "line 1"]),
    ] {
        assert_says(&run(&command).unwrap_err(), parts);
    }
}

#[test]
fn a_process_that_prints_a_hundred_mebibytes_is_ended() {
    let error = run("head -c 104857600 /dev/zero").unwrap_err();
    assert_says(&error, &["credential_process head", "more than 65536 bytes"]);
}

/// A folder of its own for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sigv4-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The process whose number a command wrote to `pid` in one step, once it has.
    fn pid(&self) -> Option<String> {
        std::fs::read_to_string(self.0.join("pid")).ok().map(|pid| pid.trim().to_owned())
    }

    /// A command that starts a process which would live for ten minutes, and tells its number.
    fn endless(&self) -> String {
        let folder = self.0.display();
        format!("sleep 600 & echo $! > {folder}/new; mv {folder}/new {folder}/pid; wait")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits until a process is gone. Fails long before it would have ended by itself.
fn wait_for_the_end_of(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(120);
    let alive = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    while alive() {
        assert!(Instant::now() < deadline, "process {pid} lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_process_that_never_ends_is_ended_with_all_that_it_started() {
    let folder = Scratch::new("endless");
    // A machine under load may need more time to start it than it is given.
    for seconds in [1, 10, 60] {
        let error = run_within(&folder.endless(), Duration::from_secs(seconds)).unwrap_err();
        assert_says(&error, &[&format!("did not end within {seconds}s")]);
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
        if let Some(pid) = folder.pid() {
            return wait_for_the_end_of(&pid);
        }
    }
    panic!("the process was never started");
}

#[test]
fn a_caller_that_leaves_ends_it() {
    let context = Context::isolated().with_processes(SystemProcesses::new());
    let folder = Scratch::new("abandoned");
    let mut limits = ProcessLimits::default();
    // Not what ends it here.
    limits.timeout = Duration::from_secs(3600);
    let provider = ProcessProvider::new(&context, folder.endless()).with_limits(limits);
    let mut future = provider.provide_credentials();
    assert!(block_on(futures_lite::future::poll_once(&mut future)).is_none());
    let pid = loop {
        match folder.pid() {
            Some(pid) => break pid,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    drop(future);
    wait_for_the_end_of(&pid);
}

#[test]
fn without_a_way_to_run_processes_it_says_so() {
    let provider = ProcessProvider::new(&Context::isolated(), "vault --password=hush");
    let error = block_on(provider.provide_credentials()).unwrap_err();
    assert_says(&error, &["credential_process vault", "runs no processes"]);
}
