//! AWS's regional endpoints: which signing name belongs to the labels before the region.
//!
//! Recorded from the endpoint rules and service models of botocore 1.44: endpoint prefixes, host prefixes of
//! single operations, signing names. Services that cannot be signed with SigV4 are left out, and so are those
//! whose hosts depend on a resource ([`aws`](super::aws) and [`s3`](super::s3) know them).

/// The signing name for what precedes the region in a host, a FIPS marker aside: `runtime.sagemaker` and
/// `runtime-fips.sagemaker` are both `sagemaker`.
pub(super) fn signing_name(prefix: &str) -> Option<&'static str> {
    let (front, back) = split_fips(prefix);
    let order = |name: &str| match back {
        "" => name.cmp(front),
        back => name.bytes().cmp(front.bytes().chain(back.bytes())),
    };
    if let Ok(at) = SIGNED_AS_NAMED.binary_search_by(|name| order(name)) {
        return Some(SIGNED_AS_NAMED[at]);
    }
    let at = RENAMED.binary_search_by(|(name, _)| order(name)).ok()?;
    Some(RENAMED[at].1)
}

/// What stands before and after the FIPS marker, of which there are two: a label of its own in front
/// (`fips.batch`) or the end of any label (`sts-fips`, `streams.dynamodb-fips`).
fn split_fips(prefix: &str) -> (&str, &str) {
    if let Some(rest) = prefix.strip_prefix("fips.") {
        return (rest, "");
    }
    match prefix.split_once("-fips") {
        Some((front, back)) if back.is_empty() || back.starts_with('.') => (front, back),
        _ => (prefix, ""),
    }
}

/// Endpoint prefixes that are the signing name themselves, in byte order.
#[rustfmt::skip]
const SIGNED_AS_NAMED: [&str; 333] = [
    "access-analyzer", "account", "account-access", "acm-pca", "aco-automation", "agent-registry",
    "aidevops", "aiops", "airflow", "airflow-serverless", "amplify", "amplifybackend", "amplifyuibuilder",
    "aoss", "apigateway", "app-integrations", "appconfig", "appfabric", "appflow",
    "application-autoscaling", "application-cost-profiler", "application-signals", "applicationinsights",
    "appmesh", "apprunner", "appsync", "aps", "arc-region-switch", "arc-zonal-shift", "artifact", "athena",
    "auditmanager", "autoscaling", "autoscaling-plans", "b2bi", "backup", "backup-gateway", "backup-search",
    "batch", "bcm-dashboards", "bcm-data-exports", "bcm-pricing-calculator", "bcm-recommended-actions",
    "bedrock", "bedrock-agentcore", "bedrock-mantle", "billing", "billingconductor", "braket", "budgets",
    "cases", "cassandra", "ce", "chatbot", "chime", "cleanrooms", "cleanrooms-ml", "cloud9",
    "cloudcontrolapi", "clouddirectory", "cloudformation", "cloudfront", "cloudhsm", "cloudsearch",
    "cloudtrail", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codeconnections",
    "codedeploy", "codeguru-profiler", "codeguru-reviewer", "codeguru-security", "codepipeline",
    "codestar-connections", "codestar-notifications", "cognito-identity", "cognito-idp", "cognito-sync",
    "comprehend", "comprehendmedical", "compute-optimizer", "config", "connect", "connect-campaigns",
    "continuum", "controlcatalog", "controltower", "cost-optimization-hub", "cur", "databrew",
    "dataexchange", "datapipeline", "datasync", "datazone", "dax", "deadline", "detective", "devicefarm",
    "devops-guru", "directconnect", "discovery", "dlm", "dms", "docdb-elastic", "drs", "ds", "ds-data",
    "dsql", "dynamodb", "ebs", "ec2", "ec2-instance-connect", "ecr", "ecr-public", "ecs", "eks", "eks-auth",
    "elasticache", "elasticbeanstalk", "elasticfilesystem", "elasticloadbalancing", "elasticmapreduce",
    "elemental-inference", "emr-containers", "emr-serverless", "end-user-messaging", "entityresolution",
    "es", "events", "evs", "firehose", "fis", "fms", "forecast", "frauddetector", "freetier", "fsx",
    "gamelift", "gameliftstreams", "geo", "geo-maps", "geo-places", "geo-routes", "glacier",
    "globalaccelerator", "glue", "grafana", "greengrass", "groundstation", "guardduty", "health",
    "health-agent", "healthlake", "iam", "identitystore", "imagebuilder", "inspector", "inspector-scan",
    "inspector2", "interconnect", "internetmonitor", "invoicing", "iot", "iotfleetwise", "iotsitewise",
    "iotthingsgraph", "iottwinmaker", "ivs", "ivschat", "kafka", "kafkaconnect", "kendra", "kendra-ranking",
    "kinesis", "kinesisanalytics", "kinesisvideo", "kms", "lakeformation", "lambda", "launchwizard",
    "license-manager", "license-manager-linux-subscriptions", "license-manager-user-subscriptions",
    "lightsail", "logs", "lookoutequipment", "m2", "machinelearning", "macie2", "managedblockchain",
    "managedblockchain-query", "marketplacecommerceanalytics", "mediaconnect", "mediaconvert", "medialive",
    "mediapackage", "mediapackage-vod", "mediapackagev2", "mediastore", "mediatailor", "medical-imaging",
    "mgh", "mgn", "migrationhub-orchestrator", "migrationhub-strategy", "monitoring", "mpa", "mq",
    "mturk-requester", "neptune-db", "neptune-graph", "network-firewall", "network-security-manager",
    "networkflowmonitor", "networkmanager", "networkmonitor", "notifications", "notifications-contacts",
    "nova-act", "oam", "observabilityadmin", "odb", "omics", "organizations", "osis", "osm", "outposts",
    "partnercentral-account", "partnercentral-benefits", "partnercentral-selling", "pca-connector-ad",
    "pca-connector-scep", "pcs", "personalize", "pi", "pipes", "polly", "pricingplanmanager", "profile",
    "proton", "qbusiness", "quicksight", "ram", "rbin", "rds", "rds-data", "redshift", "redshift-data",
    "redshift-serverless", "refactor-spaces", "rekognition", "repostspace", "resiliencehub",
    "resource-explorer-2", "resource-groups", "rolesanywhere", "route53-recovery-cluster",
    "route53-recovery-control-config", "route53-recovery-readiness", "route53domains",
    "route53globalresolver", "route53profiles", "route53resolver", "rtbfabric", "rum", "s3-outposts",
    "s3files", "s3tables", "s3vectors", "sagemaker-geospatial", "savingsplans", "scheduler", "schemas",
    "scn", "secretsmanager", "security-ir", "securityagent", "securityhub", "securitylake",
    "serverlessrepo", "servicecatalog", "servicediscovery", "servicequotas", "shield", "signer",
    "sms-voice", "snow-device-management", "snowball", "sns", "social-messaging", "sqs", "ssm",
    "ssm-contacts", "ssm-guiconnect", "ssm-incidents", "ssm-quicksetup", "ssm-sap", "sso", "states",
    "storagegateway", "sts", "support", "supportapp", "supportauthz", "swf", "synthetics", "tagging", "tax",
    "textract", "thinclient", "timestream-influxdb", "transcribe", "transfer", "translate",
    "trustedadvisor", "uxc", "verifiedpermissions", "voiceid", "vpc-lattice", "waf", "waf-regional",
    "wafv2", "wellarchitected", "wisdom", "workdocs", "workmail", "workmailmessageflow", "workspaces",
    "workspaces-instances", "workspaces-web", "xray",
];

/// Endpoint prefixes with another signing name, in byte order.
#[rustfmt::skip]
const RENAMED: [(&str, &str); 130] = [
    ("a2i-runtime.sagemaker", "sagemaker"), ("admin.wickr", "wickr"),
    ("agent-registry-control", "agent-registry"), ("agreement-marketplace", "aws-marketplace"),
    ("analytics-omics", "omics"), ("aos", "es"), ("api-fulfill.dataexchange", "dataexchange"),
    ("api.airflow", "airflow"), ("api.detective", "detective"), ("api.ecr", "ecr"),
    ("api.ecr-public", "ecr-public"), ("api.iot-tunneling", "IoTSecuredTunneling"),
    ("api.iotdeviceadvisor", "iotdeviceadvisor"), ("api.iotmanagedintegrations", "iotmanagedintegrations"),
    ("api.iotsitewise", "iotsitewise"), ("api.iottwinmaker", "iottwinmaker"),
    ("api.iotwireless", "iotwireless"), ("api.mediatailor", "mediatailor"), ("api.pricing", "pricing"),
    ("api.sagemaker", "sagemaker"), ("api.thinclient", "thinclient"),
    ("api.tunneling.iot", "IoTSecuredTunneling"), ("appconfigdata", "appconfig"),
    ("appstream2", "appstream"), ("aps-workspaces", "aps"),
    ("arc-recovery-control-config", "route53-recovery-control-config"), ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"), ("bedrock-agentcore-control", "bedrock-agentcore"),
    ("bedrock-data-automation", "bedrock"), ("bedrock-data-automation-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"), ("cassandra-streams", "cassandra"),
    ("catalog-marketplace", "aws-marketplace"), ("catalog.marketplace", "aws-marketplace"),
    ("cloudhsmv2", "cloudhsm"), ("cloudsearchdomain", "cloudsearch"), ("cloudwatch-omni", "cloudwatch"),
    ("cn.transcribe", "transcribe"), ("contact-lens", "connect"), ("control-storage-omics", "omics"),
    ("controlplane.payment-cryptography", "payment-cryptography"), ("cp.aidevops", "aidevops"),
    ("cp.geofencing.geo", "geo"), ("cp.maps.geo", "geo"), ("cp.metadata.geo", "geo"),
    ("cp.places.geo", "geo"), ("cp.routes.geo", "geo"), ("cp.tracking.geo", "geo"),
    ("data-lakeformation", "lakeformation"), ("data-servicediscovery", "servicediscovery"),
    ("data-signer", "signer"), ("data.iotsitewise", "iotsitewise"), ("data.iottwinmaker", "iottwinmaker"),
    ("data.jobs.iot", "iot-jobs-data"), ("data.mediastore", "mediastore"), ("data.qapps", "qapps"),
    ("dataplane.payment-cryptography", "payment-cryptography"), ("dataplane.rum", "rum"),
    ("datatransformation.healthlake", "healthlake"), ("deployment-marketplace", "aws-marketplace"),
    ("discovery-marketplace", "aws-marketplace"), ("dp.aidevops", "aidevops"),
    ("edge.sagemaker", "sagemaker"), ("efs", "elasticfilesystem"), ("email", "ses"),
    ("entitlement-marketplace", "aws-marketplace"), ("entitlement.marketplace", "aws-marketplace"),
    ("env.airflow", "airflow"), ("eventsv2", "events"), ("featurestore-runtime.sagemaker", "sagemaker"),
    ("forecastquery", "forecast"), ("geofencing.geo", "geo"), ("iam-toolbox", "iam"),
    ("identity-chime", "chime"), ("inferencerouter-runtime.sagemaker", "sagemaker"),
    ("ingest.timestream", "timestream"), ("ivsrealtime", "ivs"), ("job-runtime.sagemaker", "sagemaker"),
    ("kafka-api", "kafka"), ("kinesis-queues", "kinesis"), ("mail-manager", "ses"),
    ("management.deadline", "deadline"), ("media-pipelines-chime", "chime"), ("meetings-chime", "chime"),
    ("memory-db", "memorydb"), ("messaging-chime", "chime"), ("metadata.geo", "geo"),
    ("metering-marketplace", "aws-marketplace"), ("metering.marketplace", "aws-marketplace"),
    ("metrics.sagemaker", "sagemaker"), ("migrationhub-config", "mgh"), ("models-v2-lex", "lex"),
    ("models.lex", "lex"), ("monitor.iotsitewise", "iotsitewise"), ("oidc", "sso-oauth"),
    ("ops.airflow", "airflow"), ("participant.connect", "execute-api"),
    ("personalize-events", "personalize"), ("personalize-runtime", "personalize"),
    ("pinpoint", "mobiletargeting"), ("query-lakeformation", "lakeformation"),
    ("query.timestream", "timestream"), ("reporting-marketplace", "aws-marketplace"),
    ("runtime-medical-imaging", "medical-imaging"), ("runtime-v2-lex", "lex"),
    ("runtime.health-agent", "health-agent"), ("runtime.lex", "lex"), ("runtime.sagemaker", "sagemaker"),
    ("scheduling.deadline", "deadline"), ("search-dynamodb", "dynamodb"),
    ("servicecatalog-appregistry", "servicecatalog"), ("sms-voice.pinpoint", "sms-voice"),
    ("storage-omics", "omics"), ("stream-logs", "logs"), ("streaming-logs", "logs"),
    ("streaming.health-agent", "health-agent"), ("streams-dynamodb", "dynamodb"),
    ("streams.dynamodb", "dynamodb"), ("subscribe.mediaconvert", "mediaconvert"), ("sync-states", "states"),
    ("tags-omics", "omics"), ("timestream-ingest", "timestream"), ("timestream-query", "timestream"),
    ("tracking.geo", "geo"), ("training-session-runtime.sagemaker", "sagemaker"),
    ("transcribestreaming", "transcribe"), ("verification.signer", "signer"), ("voice-chime", "chime"),
    ("workflows-omics", "omics"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order_and_apart() {
        assert!(SIGNED_AS_NAMED.is_sorted_by(|a, b| a < b));
        assert!(RENAMED.is_sorted_by(|a, b| a.0 < b.0));
        for (prefix, service) in RENAMED {
            assert!(SIGNED_AS_NAMED.binary_search(&prefix).is_err(), "{prefix} is in both tables");
            assert_ne!(prefix, service);
        }
    }

    #[test]
    fn one_fips_marker_is_looked_through() {
        let table = [
            ("sts", Some("sts")),
            ("sts-fips", Some("sts")),
            ("fips.batch", Some("batch")),
            ("runtime-fips.sagemaker", Some("sagemaker")),
            ("runtime.sagemaker-fips", Some("sagemaker")),
            ("sts-fips-fips", None),
            ("fips.sts-fips", None),
            ("sts-fipsy", None),
            ("-fips", None),
            ("fips", None),
            ("fips.", None),
            ("", None),
        ];
        for (prefix, service) in table {
            assert_eq!(signing_name(prefix), service, "{prefix}");
        }
    }
}
