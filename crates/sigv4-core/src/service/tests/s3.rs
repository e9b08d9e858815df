//! Buckets, access points and their relatives.

use super::{check, check_unknown};

#[test]
fn buckets() {
    check(&[
        // Path style and virtual hosts.
        ("s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("photos.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("photos.s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1"),
        ("photos.s3.us-iso-east-1.c2s.ic.gov", "s3", "us-iso-east-1"),
        ("my.dotted.bucket.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("my_old_bucket.s3.amazonaws.com", "s3", "us-east-1"),
        ("s3.dualstack.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("photos.s3.dualstack.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("s3-fips.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"),
        ("photos.s3-fips.dualstack.us-east-1.amazonaws.com", "s3", "us-east-1"),
        // What the bucket is called says nothing.
        ("us-west-2.s3.eu-north-1.amazonaws.com", "s3", "eu-north-1"),
        ("us-west-2.s3.amazonaws.com", "s3", "us-east-1"),
        ("s3.us-west-2.s3.amazonaws.com", "s3", "us-east-1"),
        ("sts.us-west-2.s3.amazonaws.com", "s3", "us-east-1"),
        ("s3.us-west-2.amazonaws.com.s3.eu-north-1.amazonaws.com", "s3", "eu-north-1"),
        ("us-west-2.s3-eu-west-1.amazonaws.com", "s3", "eu-west-1"),
        ("dualstack.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("bucket.vpce-1a2b-3c4d.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("x.execute-api.eu-west-1.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("photos--x-s3.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        // Older forms.
        ("s3.amazonaws.com", "s3", "us-east-1"),
        ("photos.s3.amazonaws.com", "s3", "us-east-1"),
        ("s3-external-1.amazonaws.com", "s3", "us-east-1"),
        ("s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("my.dotted.bucket.s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("s3-us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"),
        ("s3-fips-us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"),
    ]);
}

#[test]
fn access_points_and_relatives_of_s3() {
    check(&[
        ("mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("mine-123456789012.s3-accesspoint-fips.dualstack.us-east-1.amazonaws.com", "s3", "us-east-1"),
        ("mine-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1"),
        ("mine-abcdefgh-s3alias.s3.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("123456789012.s3-control.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("123456789012.s3-control-fips.dualstack.us-west-2.amazonaws.com", "s3", "us-west-2"),
        ("s3-object-lambda.us-west-2.amazonaws.com", "s3-object-lambda", "us-west-2"),
        ("mine-123456789012.s3-object-lambda.us-west-2.amazonaws.com", "s3-object-lambda", "us-west-2"),
        ("io-cell1-0123.s3-object-lambda-fips.us-east-1.amazonaws.com", "s3-object-lambda", "us-east-1"),
        ("s3-outposts.us-west-2.amazonaws.com", "s3-outposts", "us-west-2"),
        (
            "mine-123456789012.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com",
            "s3-outposts",
            "us-west-2",
        ),
        ("mine-e0b1--op-s3.ec2.s3-outposts.us-west-2.amazonaws.com", "s3-outposts", "us-west-2"),
        ("photos--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com", "s3express", "us-west-2"),
        ("photos--usw2-az1--x-s3.s3express-fips-usw2-az1.us-west-2.amazonaws.com", "s3express", "us-west-2"),
        (
            "photos--usw2-az1--x-s3.s3express-usw2-az1.dualstack.us-west-2.amazonaws.com",
            "s3express",
            "us-west-2",
        ),
        ("mine--usw2-az1--xa-s3.s3express-usw2-az1.us-west-2.amazonaws.com", "s3express", "us-west-2"),
        ("s3express-control.us-west-2.amazonaws.com", "s3express", "us-west-2"),
        ("s3express-control-fips.dualstack.us-west-2.amazonaws.com", "s3express", "us-west-2"),
        ("s3tables.us-west-2.amazonaws.com", "s3tables", "us-west-2"),
    ]);
    check_unknown(&[
        "photos.s3-website-us-east-1.amazonaws.com",
        "photos.s3-website.eu-central-1.amazonaws.com",
        "photos.s3-website.cn-north-1.amazonaws.com.cn",
        "photos.s3-accelerate.amazonaws.com",
        "photos.s3-accelerate.dualstack.amazonaws.com",
        "mine.s3-accesspoint.us-west-2.amazonaws.com",
        "123456789012.s3-accesspoint.us-west-2.amazonaws.com",
        "a.mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com",
        "s3-accesspoint.us-west-2.amazonaws.com",
        "photos.s3-control.us-west-2.amazonaws.com",
        "mine-123456789012.s3-outposts.us-west-2.amazonaws.com",
        "mine.dotted.op-0123.s3-outposts.us-west-2.amazonaws.com",
        "photos.s3express-usw2-az1.us-west-2.amazonaws.com",
        "photos--usw2-az2--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com",
        "--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com",
        "s3express-usw2-az1.us-west-2.amazonaws.com",
        "photos.s3express-control.us-west-2.amazonaws.com",
        "photos.s3.us-west-2.api.aws",
        "photos.s3.us-west-2.on.aws",
        "photos.s3.amazonaws.com.cn",
        "s3-cn-north-1.amazonaws.com.cn",
        "photos.dualstack.us-west-2.amazonaws.com",
        "s3.dualstack.dualstack.us-west-2.amazonaws.com",
        "s3-fips-fips.us-west-2.amazonaws.com",
        "s3-photos.amazonaws.com",
    ]);
}
