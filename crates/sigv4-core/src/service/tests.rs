//! Hosts and what they must be taken for. Where AWS's SDKs have a say, the expectations are what the endpoint
//! rules of botocore 1.44 resolve to.

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

#[test]
fn regional_endpoints() {
    check(&[
        ("dynamodb.us-east-1.amazonaws.com", "dynamodb", "us-east-1"),
        ("sqs.eu-central-1.amazonaws.com", "sqs", "eu-central-1"),
        ("lambda.mx-central-1.amazonaws.com", "lambda", "mx-central-1"),
        ("kms.ap-southeast-7.amazonaws.com", "kms", "ap-southeast-7"),
        ("sts.us-gov-west-1.amazonaws.com", "sts", "us-gov-west-1"),
        ("iam.us-gov.amazonaws.com", "iam", "us-gov-west-1"),
        ("ec2.us-iso-east-1.c2s.ic.gov", "ec2", "us-iso-east-1"),
        ("ec2.us-isob-east-1.sc2s.sgov.gov", "ec2", "us-isob-east-1"),
        ("ec2.eu-isoe-west-1.cloud.adc-e.uk", "ec2", "eu-isoe-west-1"),
        ("ec2.us-isof-south-1.csp.hci.ic.gov", "ec2", "us-isof-south-1"),
        ("ec2.eusc-de-east-1.amazonaws.eu", "ec2", "eusc-de-east-1"),
        ("kinesis.cn-north-1.amazonaws.com.cn", "kinesis", "cn-north-1"),
        ("resource-explorer-2.eu-west-1.amazonaws.com", "resource-explorer-2", "eu-west-1"),
        ("shield.us-east-1.amazonaws.com", "shield", "us-east-1"),
        ("organizations.cn-northwest-1.amazonaws.com.cn", "organizations", "cn-northwest-1"),
        ("account.us-east-1.amazonaws.com", "account", "us-east-1"),
        // Over IPv6 too.
        ("dynamodb.us-west-2.api.aws", "dynamodb", "us-west-2"),
        ("lambda.us-gov-east-1.api.aws", "lambda", "us-gov-east-1"),
        ("sqs.cn-north-1.api.amazonwebservices.com.cn", "sqs", "cn-north-1"),
        ("ec2.eusc-de-east-1.api.amazonwebservices.eu", "ec2", "eusc-de-east-1"),
        ("streams-dynamodb.us-west-2.api.aws", "dynamodb", "us-west-2"),
        ("aos.us-west-2.api.aws", "es", "us-west-2"),
        ("s3tables.us-west-2.api.aws", "s3tables", "us-west-2"),
        ("s3vectors.us-west-2.api.aws", "s3vectors", "us-west-2"),
        ("s3-outposts.us-west-2.api.aws", "s3-outposts", "us-west-2"),
        // FIPS.
        ("sts-fips.us-east-1.amazonaws.com", "sts", "us-east-1"),
        ("kms-fips.ca-central-1.api.aws", "kms", "ca-central-1"),
        ("fips.batch.us-east-1.amazonaws.com", "batch", "us-east-1"),
        ("fips.transcribe.us-gov-west-1.amazonaws.com", "transcribe", "us-gov-west-1"),
        ("runtime-fips.sagemaker.us-east-1.amazonaws.com", "sagemaker", "us-east-1"),
        ("streams.dynamodb-fips.us-west-2.amazonaws.com", "dynamodb", "us-west-2"),
        ("models-fips.lex.us-gov-west-1.amazonaws.com", "lex", "us-gov-west-1"),
    ]);
}

#[test]
fn endpoints_with_another_signing_name() {
    check(&[
        ("monitoring.us-east-1.amazonaws.com", "monitoring", "us-east-1"),
        ("email.us-east-1.amazonaws.com", "ses", "us-east-1"),
        ("runtime.sagemaker.us-east-1.amazonaws.com", "sagemaker", "us-east-1"),
        ("api.sagemaker.us-east-1.amazonaws.com", "sagemaker", "us-east-1"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "bedrock", "us-east-1"),
        ("bedrock-agent-runtime.us-east-1.amazonaws.com", "bedrock", "us-east-1"),
        ("bedrock-agentcore-control.us-east-1.amazonaws.com", "bedrock-agentcore", "us-east-1"),
        ("bedrock-mantle.us-east-2.api.aws", "bedrock-mantle", "us-east-2"),
        ("api.ecr.us-east-1.amazonaws.com", "ecr", "us-east-1"),
        ("ecr.us-east-1.api.aws", "ecr", "us-east-1"),
        ("api.ecr-public.us-east-1.amazonaws.com", "ecr-public", "us-east-1"),
        ("streams.dynamodb.us-east-1.amazonaws.com", "dynamodb", "us-east-1"),
        ("models.lex.us-east-1.amazonaws.com", "lex", "us-east-1"),
        ("runtime-v2-lex.us-east-1.amazonaws.com", "lex", "us-east-1"),
        ("data.jobs.iot.us-east-1.amazonaws.com", "iot-jobs-data", "us-east-1"),
        ("api.tunneling.iot.us-east-1.amazonaws.com", "IoTSecuredTunneling", "us-east-1"),
        ("transcribestreaming.us-east-1.amazonaws.com:8443", "transcribe", "us-east-1"),
        ("cn.transcribe.cn-north-1.amazonaws.com.cn", "transcribe", "cn-north-1"),
        ("aps-workspaces.us-east-1.amazonaws.com", "aps", "us-east-1"),
        ("api.pricing.us-east-1.amazonaws.com", "pricing", "us-east-1"),
        ("entitlement.marketplace.us-east-1.amazonaws.com", "aws-marketplace", "us-east-1"),
        ("metering.marketplace.us-east-1.amazonaws.com", "aws-marketplace", "us-east-1"),
        ("pinpoint.us-east-1.amazonaws.com", "mobiletargeting", "us-east-1"),
        ("sms-voice.pinpoint.us-east-1.amazonaws.com", "sms-voice", "us-east-1"),
        ("participant.connect.us-east-1.amazonaws.com", "execute-api", "us-east-1"),
        ("memory-db.us-east-1.amazonaws.com", "memorydb", "us-east-1"),
        ("appstream2.us-east-1.amazonaws.com", "appstream", "us-east-1"),
        ("cloudhsmv2.us-east-1.amazonaws.com", "cloudhsm", "us-east-1"),
        ("appconfigdata.us-east-1.amazonaws.com", "appconfig", "us-east-1"),
        ("oidc.us-east-1.amazonaws.com", "sso-oauth", "us-east-1"),
        ("personalize-runtime.us-east-1.amazonaws.com", "personalize", "us-east-1"),
        ("sync-states.us-east-1.amazonaws.com", "states", "us-east-1"),
        ("data-servicediscovery.us-east-1.amazonaws.com", "servicediscovery", "us-east-1"),
        ("env.airflow.us-east-1.amazonaws.com", "airflow", "us-east-1"),
        ("query.timestream.us-east-1.amazonaws.com", "timestream", "us-east-1"),
        ("eventsv2.us-east-1.amazonaws.com", "events", "us-east-1"),
        ("kafka.us-east-1.amazonaws.com", "kafka", "us-east-1"),
        ("kafka-api.us-east-1.api.aws", "kafka", "us-east-1"),
    ]);
}

#[test]
fn global_endpoints() {
    check(&[
        ("sts.amazonaws.com", "sts", "us-east-1"),
        ("iam.amazonaws.com", "iam", "us-east-1"),
        ("iam-fips.amazonaws.com", "iam", "us-east-1"),
        ("iam.global.api.aws", "iam", "us-east-1"),
        ("iam.us-gov.api.aws", "iam", "us-gov-west-1"),
        ("iam.cn-north-1.amazonaws.com.cn", "iam", "cn-north-1"),
        ("iam.global.api.amazonwebservices.com.cn", "iam", "cn-north-1"),
        ("iam.us-iso-east-1.c2s.ic.gov", "iam", "us-iso-east-1"),
        ("iam.eusc-de-east-1.amazonaws.eu", "iam", "eusc-de-east-1"),
        ("route53.amazonaws.com", "route53", "us-east-1"),
        ("route53.amazonaws.com.cn", "route53", "cn-northwest-1"),
        ("route53.us-gov.amazonaws.com", "route53", "us-gov-west-1"),
        ("route53.c2s.ic.gov", "route53", "us-iso-east-1"),
        ("route53.amazonaws.eu", "route53", "eusc-de-east-1"),
        ("route53.global.api.amazonwebservices.com.cn", "route53", "cn-northwest-1"),
        ("cloudfront.amazonaws.com", "cloudfront", "us-east-1"),
        ("cloudfront.global.api.aws", "cloudfront", "us-east-1"),
        ("cloudfront.cn-northwest-1.amazonaws.com.cn", "cloudfront", "cn-northwest-1"),
        ("budgets.amazonaws.com", "budgets", "us-east-1"),
        ("budgets.amazonaws.com.cn", "budgets", "cn-northwest-1"),
        ("savingsplans.amazonaws.com", "savingsplans", "us-east-1"),
        ("waf.amazonaws.com", "waf", "us-east-1"),
        ("global.health.amazonaws.com", "health", "us-east-1"),
        ("global.health.us-gov.amazonaws.com", "health", "us-gov-west-1"),
        ("global.health.amazonaws.com.cn", "health", "cn-northwest-1"),
        ("ec2.amazonaws.com", "ec2", "us-east-1"),
        ("queue.amazonaws.com", "sqs", "us-east-1"),
        ("eu-west-1.queue.amazonaws.com", "sqs", "eu-west-1"),
        ("cn-north-1.queue.amazonaws.com.cn", "sqs", "cn-north-1"),
    ]);
}

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

#[test]
fn resources_with_a_host_of_their_own() {
    check(&[
        ("a1b2c3d4e5.execute-api.us-east-2.amazonaws.com", "execute-api", "us-east-2"),
        ("a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn", "execute-api", "cn-north-1"),
        ("a1b2c3d4e5-vpce-0123456789abcdef0.execute-api.us-east-2.amazonaws.com", "execute-api", "us-east-2"),
        ("execute-api.us-east-2.api.aws", "execute-api", "us-east-2"),
        ("abcd1234.lambda-url.eu-west-1.on.aws", "lambda", "eu-west-1"),
        ("orders-0abc123.7d67968.vpc-lattice-svcs.us-west-2.on.aws", "vpc-lattice-svcs", "us-west-2"),
        ("search-logs-abcdef.us-east-1.es.amazonaws.com", "es", "us-east-1"),
        ("vpc-logs-abcdef.cn-north-1.es.amazonaws.com.cn", "es", "cn-north-1"),
        ("search-logs-abcdef.aos.us-east-1.on.aws", "es", "us-east-1"),
        ("1tg2xudton46knx2a95g.us-east-1.aoss.amazonaws.com", "aoss", "us-east-1"),
        ("1tg2xudton46knx2a95g.us-east-1.aoss-fips.amazonaws.com", "aoss", "us-east-1"),
        ("1tg2xudton46knx2a95g.aoss.us-east-1.on.aws", "aoss", "us-east-1"),
        ("123456789012.aoss-fips.us-east-1.on.aws", "aoss", "us-east-1"),
        ("graph.cluster-c7m8ay28gj4o.us-west-2.neptune.amazonaws.com:8182", "neptune-db", "us-west-2"),
        ("g-12a3bcdef4.us-east-1.neptune-graph.amazonaws.com", "neptune-graph", "us-east-1"),
        ("search-films-abc123.us-east-1.cloudsearch.amazonaws.com", "cloudsearch", "us-east-1"),
        ("abcdefg.appsync-api.us-east-1.amazonaws.com", "appsync", "us-east-1"),
        ("abcdefg.appsync-realtime-api.us-east-1.amazonaws.com", "appsync", "us-east-1"),
        ("123456789012.ddb.us-east-1.amazonaws.com", "dynamodb", "us-east-1"),
        ("123456789012.streams-ddb.us-east-1.api.aws", "dynamodb", "us-east-1"),
        ("123456789012.data-kinesis.us-east-1.amazonaws.com", "kinesis", "us-east-1"),
        ("s-35cd1a54.kinesisvideo.us-west-2.amazonaws.com", "kinesisvideo", "us-west-2"),
        ("abcd1234.mediaconvert.us-west-2.amazonaws.com", "mediaconvert", "us-west-2"),
        ("abc123def456gh.data.mediastore.us-west-2.amazonaws.com", "mediastore", "us-west-2"),
        ("ingest-cell2.timestream.us-east-1.amazonaws.com", "timestream", "us-east-1"),
        ("gw-abc123.gateway.bedrock-agentcore.us-east-1.amazonaws.com", "bedrock-agentcore", "us-east-1"),
    ]);
    check_unknown(&[
        "a.b.execute-api.us-east-2.amazonaws.com",
        "execute-api.amazonaws.com",
        "lambda-url.us-east-1.on.aws",
        "a.b.lambda-url.us-east-1.on.aws",
        "abcd.lambda-url.us-east-1.amazonaws.com",
        "orders.vpc-lattice-svcs.us-west-2.on.aws",
        "a.b.us-east-1.es.amazonaws.com",
        "dashboards.evil.us-east-1.aoss.amazonaws.com",
        "us-east-1.es.amazonaws.com",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "123456789012.dkr-ecr.us-east-1.on.aws",
        "balancer-1234.us-east-1.elb.amazonaws.com",
        "dualstack.balancer-1234.us-east-1.elb.amazonaws.com",
        "ec2-1-2-3-4.us-west-2.compute.amazonaws.com",
        "ec2-1-2-3-4.compute-1.amazonaws.com",
        "db.abcdefg.us-east-1.rds.amazonaws.com",
        "ABCDEF.gr7.us-east-1.eks.amazonaws.com",
        "cache.abcdef.use1.cache.amazonaws.com",
        "email-smtp.us-east-1.amazonaws.com",
        "user.ddb.us-east-1.amazonaws.com",
        "evil.mediastore.us-west-2.amazonaws.com",
        "sdb.us-east-1.amazonaws.com",
        "cognito.auth.us-east-1.amazoncognito.com",
        "app.us-east-1.elasticbeanstalk.com",
        "d111111abcdef8.cloudfront.net",
        "abc123.us-east-1.awsapprunner.com",
    ]);
}

#[test]
fn the_path_decides_between_services_that_share_a_host() {
    let table = [
        ("a3qexample0ffp-ats.iot.us-east-1.amazonaws.com", "/mqtt", Some("iotdevicegateway")),
        ("a3qexample0ffp-ats.iot.us-east-1.amazonaws.com", "/topics/a", Some("iotdata")),
        ("a3qexample0ffp.iot.us-east-1.amazonaws.com", "/mqtt", Some("iotdevicegateway")),
        ("a3qexample0ffp.iot.us-east-1.amazonaws.com", "/mqtt/", Some("iotdata")),
        ("a3qexample0ffp.ats.iot.cn-north-1.amazonaws.com.cn", "/mqtt", Some("iotdevicegateway")),
        ("a3qexample0ffp.ats.iot.us-east-1.amazonaws.com", "/mqtt", None),
        ("data-ats.iot.us-east-1.amazonaws.com", "/things/a/shadow", Some("iotdata")),
        ("data.iot-fips.us-east-1.amazonaws.com", "/topics/a", Some("iotdata")),
        ("a3qexample0ffp.jobs.iot.us-east-1.amazonaws.com", "/things/a/jobs", Some("iot-jobs-data")),
        ("iot.us-east-1.amazonaws.com", "/things", Some("iot")),
        ("c1exampleabcdef.credentials.iot.us-east-1.amazonaws.com", "/role-aliases/a/credentials", None),
        ("data.tunneling.iot.us-east-1.amazonaws.com", "/tunnel", None),
        ("tunneling.iot.us-east-1.amazonaws.com", "/mqtt", None),
        ("maps.geo.us-east-1.amazonaws.com", "/v2/static/map", Some("geo-maps")),
        ("maps.geo.us-east-1.amazonaws.com", "/maps/v0/maps/a/tiles/1/2/3", Some("geo")),
        ("places.geo.us-east-1.amazonaws.com", "/v2/geocode", Some("geo-places")),
        ("routes.geo.us-east-1.amazonaws.com", "/routes/v0/calculators/a/calculate/route", Some("geo")),
        ("routes.geo.us-east-1.amazonaws.com", "/maps/v0/maps", None),
        ("maps.geo.us-east-1.amazonaws.com", "", None),
        ("cp.maps.geo.us-east-1.amazonaws.com", "/maps/v0/maps", Some("geo")),
        ("geo.us-east-1.amazonaws.com", "/", Some("geo")),
    ];
    for (host, path, service) in table {
        assert_eq!(scope(host, path).map(|(service, _)| service), service, "{host} {path}");
    }
}

#[test]
fn private_endpoints() {
    check(&[
        ("vpce-1a2b-3c4d.execute-api.us-east-1.vpce.amazonaws.com", "execute-api", "us-east-1"),
        ("vpce-1a2b-3c4d-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com", "execute-api", "us-east-1"),
        ("vpce-1a2b-3c4d.sts.us-east-1.vpce.amazonaws.com", "sts", "us-east-1"),
        ("vpce-1a2b-3c4d.api.ecr.us-east-1.vpce.amazonaws.com", "ecr", "us-east-1"),
        ("vpce-1a2b-3c4d.bedrock-runtime.us-east-1.vpce.amazonaws.com", "bedrock", "us-east-1"),
        ("vpce-1a2b-3c4d.sqs.cn-north-1.vpce.amazonaws.com.cn", "sqs", "cn-north-1"),
        ("vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
        ("bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
        ("my.photos.bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
        ("vpce-9.sts.bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
        ("mine-123456789012.accesspoint.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
        ("123456789012.control.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
    ]);
    check_unknown(&[
        "vpce-1a2b.vpce-svc-3c4d.us-east-1.vpce.amazonaws.com",
        "vpce-svc-3c4d.sts.us-east-1.vpce.amazonaws.com",
        "sts.us-east-1.vpce.amazonaws.com",
        "evil.vpce-1a2b-3c4d.sts.us-east-1.vpce.amazonaws.com",
        "evil.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com",
        "vpce-1a2b-3c4d.us-east-1.vpce.amazonaws.com",
        "vpce-1a2b-3c4d.sts.vpce.amazonaws.com",
        "vpce-1a2b-3c4d.sts.us-east-1.vpce.api.aws",
    ]);
}

#[test]
fn hosts_without_a_region_take_sigv4a() {
    let table = [
        ("mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", "s3"),
        ("abcde.veo.endpoint.events.amazonaws.com", "events"),
        ("abcde.veo.endpoint.events.api.aws", "events"),
        ("123456789012.cloudfront-kvs.global.api.aws", "cloudfront-keyvaluestore"),
    ];
    for (host, service) in table {
        let expected = InferredScope { service, region: "*".into(), sigv4a: true, operator: Operator::Aws };
        assert_eq!(infer(host, "/"), Some(expected), "{host}");
    }
    assert!(ServiceRules::for_service("cloudfront-keyvaluestore").sigv4a_only);
    check_unknown(&[
        "mfzwi23gnjvgw.accesspoint.s3-global.amazonaws.com",
        "a.b.mrap.accesspoint.s3-global.amazonaws.com",
        "s3-global.amazonaws.com",
        "abcde.endpoint.events.amazonaws.com",
        "a.b.c.endpoint.events.amazonaws.com",
        "evil.cloudfront-kvs.global.api.aws",
    ]);
}

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

mod any_host {
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
}
