//! Hosts of Amazon S3 and its relatives.
//!
//! Buckets are named by their owners, with dots if they like: whatever stands before the service's label is
//! a bucket, and is not read any further.

use super::host::{ends_with_account, is_account, is_single, pop, without_fips};
use super::infer::{InferredScope, Operator};
use super::zone::{Partition, Zone};

/// The signing name for `name.region.domain`.
pub(super) fn regional(name: &str) -> Option<&'static str> {
    let (head, label, dual_stack) = match pop(name) {
        (rest, "dualstack") => {
            let (head, label) = pop(rest);
            (head, label, true)
        }
        (head, label) => (head, label, false),
    };
    match without_fips(label) {
        "s3" => Some("s3"),
        "s3-accesspoint" if ends_with_account(head) => Some("s3"),
        "s3-control" if head.is_empty() || is_account(head) => Some("s3"),
        "s3express-control" if head.is_empty() => Some("s3express"),
        "s3-object-lambda" if !dual_stack && (head.is_empty() || is_single(head)) => Some("s3-object-lambda"),
        "s3-outposts" if !dual_stack && (head.is_empty() || is_on_outpost(head)) => Some("s3-outposts"),
        _ => is_directory_bucket(head, label).then_some("s3express"),
    }
}

/// Whether a host is that of a Multi-Region Access Point, which takes nothing but SigV4a.
pub(crate) fn is_multi_region(service: &str, host: &str) -> bool {
    const END: &[u8] = b".accesspoint.s3-global.amazonaws.com";
    let host = host.strip_suffix(":443").unwrap_or(host).as_bytes();
    service == "s3" && host.len() > END.len() && host[host.len() - END.len()..].eq_ignore_ascii_case(END)
}

/// Hosts of the domain's own: the global endpoint, regions with a hyphen before them, Multi-Region Access
/// Points. Transfer Acceleration is not among them, since its hosts do not tell the bucket's region.
pub(super) fn legacy<'a>(zone: &Zone, name: &'a str) -> Option<InferredScope<'a>> {
    if zone.partition != Partition::Aws {
        return None;
    }
    let (head, label) = pop(name);
    let region = match label {
        // Buckets elsewhere answer with their region.
        "s3" | "s3-external-1" => zone.partition.global_region(),
        "s3-global" => {
            let alias = head.strip_suffix(".mrap.accesspoint")?;
            return is_single(alias).then(|| InferredScope::everywhere("s3"));
        }
        _ => {
            let region = label.strip_prefix("s3-")?;
            let region = region.strip_prefix("fips-").unwrap_or(region);
            zone.serves(region).then_some(region)?
        }
    };
    Some(InferredScope::new("s3", region, Operator::Aws))
}

/// The signing name for what precedes `vpce-id.s3.region.vpce.domain`.
pub(super) fn private_endpoint(name: &str) -> Option<&'static str> {
    let known = match pop(name) {
        (_, "bucket") => true,
        (point, "accesspoint") => point.is_empty() || ends_with_account(point),
        (account, "control") => account.is_empty() || is_account(account),
        (_, label) => label.is_empty(),
    };
    known.then_some("s3")
}

/// `name-account.op-id`, or a bucket alias before an Outpost or the rack server's `ec2`.
fn is_on_outpost(name: &str) -> bool {
    let (point, outpost) = pop(name);
    is_single(point) && (outpost.starts_with("op-") || outpost == "ec2")
}

/// `bucket--zone--x-s3.s3express-zone`; an access point to one ends with `--xa-s3`.
fn is_directory_bucket(bucket: &str, label: &str) -> bool {
    let Some(zone) = label.strip_prefix("s3express-") else { return false };
    let zone = zone.strip_prefix("fips-").unwrap_or(zone);
    let name = bucket.strip_suffix("--x-s3").or_else(|| bucket.strip_suffix("--xa-s3"));
    let name = name.and_then(|name| name.strip_suffix(zone)?.strip_suffix("--"));
    zone.contains("-az") && name.is_some_and(is_single)
}
