//! A thousand tenants on one signer, one client and one pool of connections: each request is signed with the key of the tenant that
//! its extensions name, and the server verifies it under that key.
//!
//! ```sh
//! cargo run --release --example tenants                 # 1,000 tenants, 100,000 requests
//! cargo run --release --example tenants -- 100 10000
//! ```
#![allow(clippy::print_stdout)]

mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_sigv4::{SigV4Client, SignedBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sigv4_core::credentials::CredentialCache;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Error, ErrorKind, ProvideCredentials, Signer};
use sigv4_examples::requests::EXECUTE_API as SCOPE;
use sigv4_examples::{Failure, arguments, example_credentials, server};

/// Requests on their way at once, and the most connections that are kept.
const IN_FLIGHT: usize = 64;

/// Whose request it is: what an application puts into a request's extensions.
#[derive(Debug, Clone, Copy)]
struct Tenant(usize);

impl Tenant {
    fn key_id(self) -> String {
        format!("TENANT{:06}", self.0)
    }

    fn credentials(self) -> Result<Credentials, Error> {
        Credentials::new(self.key_id(), format!("the-secret-of-tenant-{:06}", self.0))
    }
}

/// Stands for the place that gives out the keys of a tenant, for an hour.
struct Vault {
    tenant: Tenant,
    asked: Arc<AtomicUsize>,
}

#[sigv4_core::async_trait]
impl ProvideCredentials for Vault {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let expiry = SystemTime::now() + Duration::from_secs(3600);
        Ok(self.tenant.credentials()?.with_expiry(expiry).with_source("vault"))
    }
}

/// A signer that keeps the credentials of each tenant apart, and signs nothing for others.
fn signer(tenants: usize, asked: &Arc<AtomicUsize>) -> Result<Signer, Failure> {
    let caches: Vec<CredentialCache> = (0..tenants)
        .map(|tenant| CredentialCache::new(Vault { tenant: Tenant(tenant), asked: Arc::clone(asked) }))
        .collect();
    let nobody = example_credentials()?;
    Ok(Signer::new(SCOPE.0, SCOPE.1, nobody).with_credentials_for(move |request| {
        let tenant = request.extensions.get::<Tenant>();
        let cache = tenant.and_then(|tenant| caches.get(tenant.0));
        cache.cloned().ok_or_else(|| Error::new(ErrorKind::Credentials, "the request names no known tenant"))
    }))
}

type Pool = SigV4Client<Client<HttpConnector, SignedBody<Full<Bytes>>>>;

/// Sends one request for a tenant, and tells whether it was verified under that tenant's key.
async fn send(client: &Pool, endpoint: &str, tenant: Tenant, number: usize) -> Result<bool, Failure> {
    let body = Full::from(format!("{{\"number\":{number}}}"));
    let request = Request::post(format!("{endpoint}/tenants/{}", tenant.0)).extension(tenant).body(body)?;
    let answer = client.request(request).await?;
    let status = answer.status();
    let line = answer.into_body().collect().await?.to_bytes();
    let expected =
        format!("{} signed POST /tenants/{} for {} in {}\n", tenant.key_id(), tenant.0, SCOPE.0, SCOPE.1);
    Ok(status == StatusCode::OK && line == expected)
}

#[derive(Debug, Default)]
struct Report {
    verified: usize,
    fetched: usize,
    /// Resident memory in bytes, where it can be told: before, with the tenants' caches, and at the end.
    memory: [Option<u64>; 3],
    took: Duration,
}

async fn run(tenants: usize, requests: usize) -> Result<Report, Failure> {
    let known: CredentialMap =
        (0..tenants).map(|tenant| Tenant(tenant).credentials()).collect::<Result<_, _>>()?;
    let endpoint = format!("http://{}", server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await?);
    let before = memory::resident();

    let asked = Arc::new(AtomicUsize::new(0));
    let pool = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(IN_FLIGHT).build_http();
    let client: Pool = SigV4Client::new(signer(tenants, &asked)?, pool);
    let with_tenants = memory::resident();

    let (began, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (client, endpoint, next) = (client.clone(), endpoint.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut verified = 0;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        return Ok::<_, Failure>(verified);
                    }
                    // A step that is prime to the number of tenants mixes them.
                    let tenant = Tenant(number.wrapping_mul(7919) % tenants);
                    verified += usize::from(send(&client, &endpoint, tenant, number).await?);
                }
            })
        })
        .collect();
    let mut report = Report::default();
    for worker in workers {
        report.verified += worker.await??;
    }
    report.took = began.elapsed();
    report.fetched = asked.load(Ordering::Relaxed);
    report.memory = [before, with_tenants, memory::resident()];
    Ok(report)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    let (tenants, requests) = arguments("tenants [TENANTS [REQUESTS]]", |words| match words {
        [] => Some((1_000, 100_000)),
        [tenants] => Some((number(tenants)?, 100_000)),
        [tenants, requests] => Some((number(tenants)?, number(requests)?)),
        _ => None,
    });
    let report = run(tenants, requests).await?;
    println!("{tenants} tenants, {requests} requests, {IN_FLIGHT} at once, 2 threads");
    println!("{} verified under the key of their own tenant", report.verified);
    println!("{} fetches of credentials", report.fetched);
    let rate = requests as f64 / report.took.as_secs_f64();
    println!("{:.1} s, {rate:.0} requests a second, the server's share included", report.took.as_secs_f64());
    let mebibytes = |bytes: Option<u64>| {
        bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.1} MiB", bytes as f64 / 1_048_576.0))
    };
    let [before, with_tenants, after] = report.memory.map(mebibytes);
    println!("resident memory: {before} before, {with_tenants} with the tenants' caches, {after} at the end");
    if report.verified == requests { Ok(()) } else { Err("not every request was verified".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_request_is_verified_under_its_own_tenants_key() -> Result<(), Failure> {
        let report = run(100, 2_000).await?;
        assert_eq!((report.verified, report.fetched), (2_000, 100));
        Ok(())
    }

    #[tokio::test]
    async fn a_request_without_a_tenant_is_signed_by_nobody() -> Result<(), Failure> {
        let signer = signer(3, &Arc::default())?;
        for mut request in [
            Request::get("https://example.com/").body(())?,
            Request::get("https://example.com/").extension(Tenant(3)).body(())?,
        ] {
            let refused = signer.sign_async(&mut request, sigv4_core::Payload::EMPTY).await;
            assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Credentials));
            assert!(request.headers().is_empty());
        }
        Ok(())
    }
}
