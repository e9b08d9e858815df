//! Hosts and what they must be taken for. Where AWS's SDKs have a say, the expectations are what the endpoint
//! rules of botocore 1.44 resolve to.

mod any_host;
mod endpoints;
mod others;
mod resources;
mod s3;

use super::{InferredScope, Operator, ServiceRules, infer};

fn scope(host: &str, path: &str) -> Option<(&'static str, String)> {
    let scope = infer(host, path)?;
    assert!(!scope.sigv4a, "{host}");
    Some((scope.service, scope.region.into_owned()))
}

#[track_caller]
fn check(table: &[(&str, &str, &str)]) {
    for (host, service, region) in table {
        assert_eq!(scope(host, "/"), Some((*service, (*region).to_owned())), "{host}");
        let scope = infer(host, "/").map(|scope| scope.operator);
        assert_eq!(scope, Some(Operator::Aws), "{host}");
    }
}

#[track_caller]
fn check_unknown(hosts: &[&str]) {
    for host in hosts {
        assert_eq!(infer(host, "/"), None, "{host}");
    }
}
