//! Storage run by others, spelling, and hosts that tell nothing.

use super::{Operator, check, check_unknown, infer, scope};

#[test]
fn storage_of_others() {
    let account = "0123456789abcdef0123456789abcdef";
    let table = [
        (format!("{account}.r2.cloudflarestorage.com"), Operator::Cloudflare, "auto"),
        (format!("{account}.eu.r2.cloudflarestorage.com"), Operator::Cloudflare, "auto"),
        (format!("{account}.fedramp.r2.cloudflarestorage.com"), Operator::Cloudflare, "auto"),
        (format!("photos.{account}.eu.r2.cloudflarestorage.com"), Operator::Cloudflare, "auto"),
        ("s3.us-west-004.backblazeb2.com".into(), Operator::Backblaze, "us-west-004"),
        ("photos.s3.eu-central-003.backblazeb2.com".into(), Operator::Backblaze, "eu-central-003"),
        ("storage.googleapis.com".into(), Operator::Google, "auto"),
        ("my.dotted.bucket.storage.googleapis.com".into(), Operator::Google, "auto"),
        ("nyc3.digitaloceanspaces.com".into(), Operator::DigitalOcean, "nyc3"),
        ("sfo2.fra1.digitaloceanspaces.com".into(), Operator::DigitalOcean, "fra1"),
        ("s3.fr-par.scw.cloud".into(), Operator::Scaleway, "fr-par"),
        ("photos.s3.nl-ams.scw.cloud".into(), Operator::Scaleway, "nl-ams"),
        ("s3.wasabisys.com".into(), Operator::Wasabi, "us-east-1"),
        ("photos.s3.eu-central-1.wasabisys.com".into(), Operator::Wasabi, "eu-central-1"),
        ("eu-west-1.s3.wasabisys.com".into(), Operator::Wasabi, "us-east-1"),
    ];
    for (host, operator, region) in &table {
        let found = infer(host, "/").map(|scope| (scope.service, scope.operator, scope.region.into_owned()));
        assert_eq!(found, Some(("s3", *operator, (*region).to_owned())), "{host}");
    }
    check_unknown(&[
        "evil.r2.cloudflarestorage.com",
        "r2.cloudflarestorage.com",
        "0123456789abcdef0123456789abcdef.apac.r2.cloudflarestorage.com",
        "a.b.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        "0123456789abcdef0123456789abcdef.r2.dev",
        "us-west-004.backblazeb2.com",
        "s3.us-west-4.backblazeb2.com",
        "s3.us-west-4xx.backblazeb2.com",
        "f004.backblazeb2.com",
        "compute.googleapis.com",
        "storage.googleapis.com.example.net",
        "storage-googleapis.com",
        "photos.nyc3.cdn.digitaloceanspaces.com",
        "digitaloceanspaces.com",
        "nyc.digitaloceanspaces.com",
        "fr-par.scw.cloud",
        "s3.france.scw.cloud",
        "iam.wasabisys.com",
        "eu-central-1.wasabisys.com",
    ]);
}

#[test]
fn spelling_does_not_matter() {
    check(&[
        ("STS.US-EAST-1.AMAZONAWS.COM", "sts", "us-east-1"),
        ("Photos.S3.Eu-West-1.AmazonAWS.com.", "s3", "eu-west-1"),
        ("sts.amazonaws.com:443", "sts", "us-east-1"),
        ("sts.eu-west-1.amazonaws.com.:65535", "sts", "eu-west-1"),
        ("sts.eu-west-1.amazonaws.com:0", "sts", "eu-west-1"),
    ]);
}

#[test]
fn anything_else_is_unknown() {
    check_unknown(&[
        "",
        ".",
        ":443",
        "localhost",
        "localhost:9000",
        "example.com",
        "amazonaws.com",
        ".amazonaws.com",
        "us-east-1.amazonaws.com",
        "aws",
        "on.aws",
        "api.aws",
        // Somebody else's.
        "evil-amazonaws.com",
        "sts.us-east-1.evil-amazonaws.com",
        "sts.us-east-1.amazonaws.com.evil.example",
        "amazonaws.com.evil.example",
        "s3.amazonaws.com.evil.com",
        "sts.us-east-1.amazonaws.comm",
        "sts.us-east-1.amazonaws.co",
        "sts.us-east-1.amazonaws.org",
        "sts.us-east-1.amazonaws-com",
        "stsXus-east-1Xamazonaws.com",
        "sts.us-east-1.my-api.aws",
        "sts.us-east-1.notapi.aws",
        "id.lambda-url.us-east-1.xon.aws",
        "evil.example/sts.us-east-1.amazonaws.com",
        "evil.example#sts.us-east-1.amazonaws.com",
        "evil.example?sts.us-east-1.amazonaws.com",
        "evil.example@sts.us-east-1.amazonaws.com",
        "evil.example\\sts.us-east-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com:443@evil.example",
        "evil.example:443.sts.us-east-1.amazonaws.com",
        "evil.example\0.sts.us-east-1.amazonaws.com",
        // A service or region that there is not, or not there.
        "unheard-of.us-east-1.amazonaws.com",
        "evil.sts.us-east-1.amazonaws.com",
        "sts.evil.us-east-1.amazonaws.com",
        "sts.evil.amazonaws.com",
        "evil.sts.amazonaws.com",
        "evil.iam.amazonaws.com",
        "sts.us-east.amazonaws.com",
        "sts.us-east-a.amazonaws.com",
        "sts.us-east-1a.amazonaws.com",
        "sts.us-east-100.amazonaws.com",
        "sts.useast-1.amazonaws.com",
        "sts.aws-global.amazonaws.com",
        "sts.us--east-1.amazonaws.com",
        "sts.cn-north-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com.cn",
        "sts.us-gov-west-1.amazonaws.com.cn",
        "sts.us-east-1.c2s.ic.gov",
        "sts.us-isob-east-1.c2s.ic.gov",
        "sts.us-iso-east-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.eu",
        "sts.cn-north-1.api.aws",
        "sts.us-east-1.on.aws",
        "sts.global.api.aws",
        "sts.amazonaws.com.cn",
        "evil.queue.amazonaws.com",
        "evil.eu-west-1.queue.amazonaws.com",
        // No plain names.
        "192.0.2.1",
        "192.0.2.1:443",
        "[2001:db8::1]",
        "[2001:db8::1]:443",
        "2001:db8::1",
        "sts..us-east-1.amazonaws.com",
        "..sts.us-east-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com..",
        "-.s3.us-east-1.amazonaws.com",
        "-a.s3.us-east-1.amazonaws.com",
        "a-.s3.us-east-1.amazonaws.com",
        "bücher.s3.us-east-1.amazonaws.com",
        "xn--bcher-kva.s3.us-east-1.amazonaws.com",
        "XN--bcher-kva.s3.us-east-1.amazonaws.com",
        "sts.us-eaﬆ-1.amazonaws.com",
        "sts.us-east-1.amazonaws。com",
        "a b.s3.us-east-1.amazonaws.com",
        " sts.us-east-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com\n",
        "*.s3.us-east-1.amazonaws.com",
        "user@sts.us-east-1.amazonaws.com",
        "user:pass@sts.us-east-1.amazonaws.com",
        "https://sts.us-east-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com/",
        "sts.us-east-1.amazonaws.com:",
        "sts.us-east-1.amazonaws.com:+443",
        "sts.us-east-1.amazonaws.com:65536",
        "sts.us-east-1.amazonaws.com:000443",
        "sts.us-east-1.amazonaws.com:https",
        "sts.us-east-1.amazonaws.com:443:443",
    ]);
    let long_label = format!("{}.s3.us-east-1.amazonaws.com", "a".repeat(64));
    let many_labels = format!("{}s3.us-east-1.amazonaws.com", "a.".repeat(1000));
    check_unknown(&[&long_label, &many_labels]);
    let longest = format!("{}s3.us-east-1.amazonaws.com", "a.".repeat(113));
    assert_eq!(longest.len(), 252);
    assert_eq!(scope(&longest, "/"), Some(("s3", "us-east-1".to_owned())));
}
