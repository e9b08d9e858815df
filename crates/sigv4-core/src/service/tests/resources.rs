//! Hosts of single resources, private endpoints, and hosts that more than one service answers at.

use super::{InferredScope, Operator, ServiceRules, check, check_unknown, infer, scope};

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
