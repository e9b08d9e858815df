//! Hosts of S3: what their names say of the bucket and of its region.

use crate::service::infer;

/// Whether what goes to `host` may be signed for `region` from then on. A host that names a region serves that one alone,
/// and the global host serves buckets of every region: what is said there of one bucket tells nothing of another.
pub(super) fn takes(host: &str, region: &str) -> bool {
    let Some(scope) = infer(host, "/") else { return true };
    scope.region == region || (is_global(host) && names_bucket(host))
}

/// Whether the host serves buckets of every region.
pub(super) fn is_global(host: &str) -> bool {
    split(host).is_some_and(|(_, endpoint)| matches!(*endpoint, ["s3" | "s3-external-1"]))
}

/// Whether the bucket stands in the host, and not in the path.
pub(crate) fn names_bucket(host: &str) -> bool {
    split(host).is_some_and(|(bucket, _)| !bucket.is_empty())
}

/// The same bucket's host in another region, for the hosts of AWS: `b.s3.amazonaws.com` and
/// `b.s3.eu-west-1.amazonaws.com`, with and without a bucket. `None` where the host stays.
pub(super) fn regional(host: &str, region: &str) -> Option<String> {
    let is_label = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let (mut labels, endpoint) = split(host).filter(|_| is_label(region))?;
    let dualstack = match *endpoint {
        ["s3"] | ["s3", _] => false,
        ["s3", "dualstack", _] => true,
        [legacy] if legacy != "s3-accelerate" => false,
        _ => return None,
    };
    labels.push("s3");
    labels.extend(dualstack.then_some("dualstack"));
    labels.push(region);
    let regional = format!("{}{DOMAIN}", labels.join("."));
    (regional != host).then_some(regional)
}

// A region of China is in another domain, and in another partition: its keys would not be known here.
const DOMAIN: &str = ".amazonaws.com";

/// The labels of the bucket, and those of the endpoint, which are the last: `s3`, `s3.region`, `s3-region`, or with
/// `dualstack` between.
fn split(host: &str) -> Option<(Vec<&str>, Vec<&str>)> {
    let name = host.strip_suffix(":443").unwrap_or(host).strip_suffix(DOMAIN)?;
    let mut bucket: Vec<&str> = name.split('.').collect();
    let at = bucket.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
    let endpoint = bucket.split_off(at);
    Some((bucket, endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_s3_move_to_another_region() {
        for (host, expected) in [
            ("b.s3.amazonaws.com", Some("b.s3.eu-west-3.amazonaws.com")),
            ("s3.amazonaws.com", Some("s3.eu-west-3.amazonaws.com")),
            ("a.b.s3.us-east-1.amazonaws.com", Some("a.b.s3.eu-west-3.amazonaws.com")),
            ("b.s3-us-west-2.amazonaws.com", Some("b.s3.eu-west-3.amazonaws.com")),
            ("b.s3.dualstack.us-east-1.amazonaws.com", Some("b.s3.dualstack.eu-west-3.amazonaws.com")),
            ("b.s3.us-east-1.amazonaws.com:443", Some("b.s3.eu-west-3.amazonaws.com")),
            ("b.s3.eu-west-3.amazonaws.com", None),
            ("b.s3-accelerate.amazonaws.com", None),
            ("b.s3.cn-north-1.amazonaws.com.cn", None),
            ("bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", None),
            ("minio.example.com:9000", None),
            ("s3.amazonaws.com.example.net", None),
        ] {
            assert_eq!(regional(host, "eu-west-3").as_deref(), expected, "{host}");
        }
        for region in ["", "x.evil.example", "x/y", "a@b", "x:1", "EU-West-3"] {
            assert_eq!(regional("b.s3.amazonaws.com", region), None, "{region}");
        }
    }

    #[test]
    fn a_host_that_names_its_region_takes_no_other() {
        for (host, expected) in [
            ("b.s3.amazonaws.com", true),
            ("b.s3-accelerate.amazonaws.com", true),
            ("b.s3.eu-west-3.amazonaws.com", true),
            ("s3.eu-west-3.amazonaws.com", true),
            ("minio.example.com:9000", true),
            // Buckets of all regions are asked for there.
            ("s3.amazonaws.com", false),
            ("s3.us-east-1.amazonaws.com", false),
            ("b.s3.us-east-1.amazonaws.com", false),
            ("eu-west-3.s3.us-east-1.amazonaws.com", false),
            ("b.s3-us-west-2.amazonaws.com", false),
            ("b.s3-fips.us-east-1.amazonaws.com", false),
            ("b.bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", false),
            ("a.mrap.accesspoint.s3-global.amazonaws.com", false),
            ("b.s3.us-west-004.backblazeb2.com", false),
        ] {
            assert_eq!(takes(host, "eu-west-3"), expected, "{host}");
        }
    }
}
