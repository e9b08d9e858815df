//! Any host at all.

use proptest::prelude::*;

use super::*;

/// Labels that mean something somewhere, so that they turn up where they should not.
const LABELS: &str = "amazonaws com cn aws api on us-east-1 cn-north-1 us-gov-west-1 eu s3 s3-fips s3-us-west-2 \
    dualstack s3-accesspoint s3-outposts s3-object-lambda s3express-usw2-az1 a--usw2-az1--x-s3 op-1 vpce vpce-1 \
    vpce-svc-1 bucket accesspoint es aoss execute-api lambda-url iot ats sts iam global queue storage googleapis \
    r2 s3-website eu-central-003 backblazeb2 wasabisys 123456789012 a-123456789012";

fn label() -> impl Strategy<Value = String> {
    let known: Vec<&str> = LABELS.split_whitespace().collect();
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "[a-z0-9]([a-z0-9-]?[a-z0-9])?"]
}

proptest! {
    #[test]
    fn never_panics(host in any::<String>(), path in any::<String>()) {
        let _ = infer(&host, &path);
    }

    #[test]
    fn belongs_to_whom_it_says(labels in prop::collection::vec(label(), 1..8), tail in 0usize..8) {
        let tails = ["", ".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".us-east-1.amazonaws.com",
            ".us-east-1.vpce.amazonaws.com", ".evil.example"];
        let host = labels.join(".") + tails[tail];
        let Some(scope) = infer(&host, "/") else { return Ok(()) };
        let domains: &[&str] = match scope.operator {
            Operator::Aws => &[".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".amazonaws.eu"],
            Operator::Backblaze => &[".backblazeb2.com"],
            Operator::Google => &["storage.googleapis.com"],
            Operator::Wasabi => &[".wasabisys.com"],
            other => return Err(TestCaseError::fail(format!("{host}: {other:?}"))),
        };
        prop_assert!(domains.iter().any(|domain| host.ends_with(domain)), "{host}: {scope:?}");
        // The region is read from the host, or the one that a host without a region stands for.
        let fixed = ["us-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1", "eusc-de-east-1", "auto", "*"];
        let read = host.split('.').any(|label| label.strip_prefix("s3-").unwrap_or(label) == scope.region);
        prop_assert!(read || fixed.contains(&&*scope.region), "{host}: {scope:?}");
        // Who owns a name that resembles it owns nothing.
        let lookalike = format!("{host}.evil.example");
        prop_assert_eq!(infer(&lookalike, "/"), None);
        if let Some(name) = domains.iter().find_map(|domain| host.strip_suffix(*domain)) {
            let lookalike = format!("{name}-{}", host[name.len()..].trim_start_matches('.'));
            prop_assert_eq!(infer(&lookalike, "/"), None, "{}", lookalike);
        }
    }

    #[test]
    fn a_bucket_name_changes_nothing(labels in prop::collection::vec(label(), 1..5)) {
        let bucket = labels.join(".");
        for (endpoint, region) in [
            ("s3.eu-north-1.amazonaws.com", "eu-north-1"),
            ("s3.dualstack.eu-north-1.amazonaws.com", "eu-north-1"),
            ("s3-eu-north-1.amazonaws.com", "eu-north-1"),
            ("s3.amazonaws.com", "us-east-1"),
            ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ] {
            let host = format!("{bucket}.{endpoint}");
            prop_assert_eq!(scope(&host, "/"), Some(("s3", region.to_owned())), "{}", host);
        }
    }
}
