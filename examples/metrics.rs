//! Counts what becomes of requests and of credentials, with the `metrics` crate, and shows the counters as Prometheus reads them.
//!
//! ```sh
//! cargo run --example metrics
//! ```
#![allow(clippy::print_stdout)]

use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sigv4_core::credentials::{CredentialCache, RefreshEvent};
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, Outcome, ProvideCredentials, SignOptions, Signer};
use sigv4_examples::clients::SigningClient;
use sigv4_examples::requests::{EXECUTE_API as SCOPE, add_event};
use sigv4_examples::{Failure, example_credentials, server};

/// A vault that is down when it is asked for the first time.
#[derive(Default)]
struct Vault(AtomicUsize);

#[sigv4_core::async_trait]
impl ProvideCredentials for Vault {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::new(ErrorKind::Credentials, "the vault does not answer").with_retryable(true)),
            _ => Ok(example_credentials()?.with_source("vault")),
        }
    }
}

/// What became of one request. Labels are few: services, regions and kinds of errors, never hosts or keys.
fn count(outcome: Outcome<'_>) {
    match outcome {
        Outcome::Signed { service, region } => {
            counter!("sigv4_signed_total", "service" => service.to_owned(), "region" => region.to_owned())
                .increment(1);
        }
        Outcome::Skipped => counter!("sigv4_skipped_total").increment(1),
        Outcome::NoCredentials(error) => failed("credentials", error),
        Outcome::Failed(error) => failed("request", error),
        // Others may be told apart one day.
        _ => {}
    }
}

fn failed(what: &'static str, error: &Error) {
    counter!("sigv4_failed_total", "what" => what, "kind" => format!("{:?}", error.kind())).increment(1);
}

/// How one fetch of credentials ended.
fn refreshed(event: &RefreshEvent<'_>) {
    let outcome = if event.outcome.is_ok() { "ok" } else { "error" };
    counter!("sigv4_refresh_total", "reason" => event.reason.as_str(), "outcome" => outcome).increment(1);
    histogram!("sigv4_refresh_seconds").record(event.took.as_secs_f64());
    gauge!("sigv4_refresh_failures_in_a_row").set(event.failures);
}

async fn run(exporter: PrometheusHandle) -> Result<String, Failure> {
    let known: CredentialMap = [example_credentials()?].into_iter().collect();
    let endpoint = format!("http://{}", server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?);

    let cache = CredentialCache::new(Vault::default()).with_hook(refreshed);
    let signer = Signer::new(SCOPE.0, SCOPE.1, cache).with_outcome_hook(count);
    let client = SigningClient::new("hyper", signer)?;
    for options in [
        // The vault is down.
        SignOptions::new(),
        SignOptions::new(),
        SignOptions::new(),
        SignOptions::skip(),
        // No such region.
        SignOptions::new().region(""),
    ] {
        let mut request = add_event(&endpoint)?;
        request.extensions_mut().insert(options);
        // What failed is counted.
        let _ = client.send(request).await;
    }
    Ok(exporter.render())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let exporter = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    print!("{}", run(exporter).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_and_every_refresh_is_counted() -> Result<(), Failure> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let exporter = recorder.handle();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let text = metrics::with_local_recorder(&recorder, || runtime.block_on(run(exporter)))?;
        for line in [
            r#"sigv4_signed_total{service="execute-api",region="us-east-2"} 2"#,
            "sigv4_skipped_total 1",
            r#"sigv4_failed_total{what="credentials",kind="Credentials"} 1"#,
            r#"sigv4_failed_total{what="request",kind="Option"} 1"#,
            r#"sigv4_refresh_total{reason="missing",outcome="error"} 1"#,
            r#"sigv4_refresh_total{reason="missing",outcome="ok"} 1"#,
            "sigv4_refresh_failures_in_a_row 0",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
        Ok(())
    }
}
