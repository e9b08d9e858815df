"""Authentication tokens that are presigned URLs in disguise, made by the tools that their services' users use."""

import base64
import json
import os
from urllib.parse import parse_qsl, quote, urlsplit

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.model
import botocore.session
import botocore.signers
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from awscli.customizations.eks.get_token import STSClientFactory, TokenGenerator

import signers

# The clients below must not find credentials or settings of the machine they run on.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)

REGION = "us-east-1"


def client(service, region, token, **options):
    return boto3.client(
        service, region_name=region, aws_access_key_id=signers.ACCESS_KEY_ID,
        aws_secret_access_key=signers.SECRET_ACCESS_KEY, aws_session_token=token, **options
    )


def base64url(token):
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()


def rds(token):
    parameters = {"DBHostname": "db.123456789012.us-east-1.rds.amazonaws.com", "Port": 3306, "DBUsername": "jane_doe"}
    value = client("rds", REGION, token).generate_db_auth_token(**parameters)
    return {"service": "rds-db", "parameters": parameters, "token": value, "url": "https://" + value}


def dsql(action):
    def make(token):
        host = "peccy.dsql.us-east-1.on.aws"
        maker = client("dsql", REGION, token)
        make_token = {
            "DbConnect": maker.generate_db_connect_auth_token,
            "DbConnectAdmin": maker.generate_db_connect_admin_auth_token,
        }[action]
        value = make_token(Hostname=host)
        return {"service": "dsql", "parameters": {"Hostname": host}, "token": value, "url": "https://" + value}

    return make


def cache(service, serverless):
    """As AWS's samples for the Python clients of ElastiCache and MemoryDB make it."""

    def make(token):
        parameters = {"cache_name": "my-cache", "user": "iam-user-01", "serverless": serverless}
        session = botocore.session.get_session()
        signer = botocore.signers.RequestSigner(
            botocore.model.ServiceId(service), REGION, service, "v4", signers.credentials(token),
            session.get_component("event_emitter"),
        )
        query = f"Action=connect&User={parameters['user']}" + ("&ResourceType=ServerlessCache" if serverless else "")
        url = signer.generate_presigned_url(
            {"method": "GET", "url": f"http://{parameters['cache_name']}/?{query}", "body": {}, "headers": {}, "context": {}},
            operation_name="connect", expires_in=900, region_name=REGION,
        )
        return {"service": service, "parameters": parameters, "token": url.removeprefix("http://"), "url": url}

    return make


def eks(token):
    """The code behind `aws eks get-token`."""
    cluster = "my-cluster"
    session = botocore.session.get_session()
    session.set_credentials(signers.ACCESS_KEY_ID, signers.SECRET_ACCESS_KEY, token)
    value = TokenGenerator(STSClientFactory(session).get_sts_client(region_name="us-west-2")).get_token(cluster)
    return {
        "service": "sts", "region": "us-west-2", "parameters": {"cluster": cluster},
        "headers": [["x-k8s-aws-id", cluster]],
        "token": value, "url": base64url(value.removeprefix("k8s-aws-v1.")),
    }


def msk(token):
    class Fixed(MSKAuthTokenProvider.CredentialProvider):
        def load(self):
            return signers.credentials(token)

    value, expiry = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(REGION, Fixed())
    # The signer appends a User-Agent that it does not sign.
    url, _, user_agent = base64url(value).rpartition("&User-Agent=")
    return {
        "service": "kafka-cluster", "parameters": {"region": REGION}, "token": value, "url": url,
        "unsigned_query": f"User-Agent={user_agent}", "expires_at_milliseconds": expiry,
    }


def sts_presigned(token):
    url = client("sts", REGION, token).generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    return {"service": "sts", "parameters": {}, "token": url, "url": url}


def iot(token):
    """MQTT over WebSocket: signed without the session token, which is appended after."""
    endpoint = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"
    request = botocore.awsrequest.AWSRequest(method="GET", url=f"https://{endpoint}/mqtt")
    signer = botocore.auth.SigV4QueryAuth(signers.credentials(None), "iotdevicegateway", REGION, expires=86400)
    signer.add_auth(request)
    url = request.url
    unsigned = {}
    if token:
        unsigned = {"unsigned_query": f"X-Amz-Security-Token={quote(token, safe='')}"}
    whole = "&".join([url, *unsigned.values()]).replace("https://", "wss://", 1)
    return {"service": "iotdevicegateway", "parameters": {"endpoint": endpoint}, "token": whole, "url": url, **unsigned}


KINDS = {
    "rds": rds,
    "dsql_connect": dsql("DbConnect"),
    "dsql_connect_admin": dsql("DbConnectAdmin"),
    "elasticache": cache("elasticache", serverless=False),
    "elasticache_serverless": cache("elasticache", serverless=True),
    "memorydb": cache("memorydb", serverless=False),
    "eks": eks,
    "msk": msk,
    "sts_get_caller_identity": sts_presigned,
    "iot_mqtt": iot,
}


def record(kind, token):
    """One token with the steps that led to it; the CRT has to come to the same signature."""
    with signers.steps() as seen:
        made = KINDS[kind](token)
    parameters = dict(parse_qsl(urlsplit(made["url"]).query))
    case = {
        "id": kind + ("_session_token" if token else ""),
        "session_token": token,
        "region": REGION,
        "expires_seconds": int(parameters["X-Amz-Expires"]),
        "headers": [],
        **made,
    }
    request = {
        **case, "method": "GET", "url": signers.unsigned(case["url"]), "body": "", "location": "query",
    }
    signature = signers.crt_signature(request, token, omit_session_token=kind == "iot_mqtt")
    if signature != parameters["X-Amz-Signature"]:
        raise SystemExit(f"{case['id']}: botocore {parameters['X-Amz-Signature']}, CRT {signature}")
    return {**case, "expected": {**seen, "signature": signature}}


def post_policy(token):
    """The form of boto3's generate_presigned_post: fields, and the policy that they carry."""
    maker = client("s3", REGION, token, config=botocore.config.Config(signature_version="s3v4"))
    given = {
        "Bucket": "amzn-s3-demo-bucket",
        "Key": "user/user1/${filename}",
        "Fields": {"acl": "public-read", "x-amz-meta-uuid": "14365123651274"},
        "Conditions": [
            {"acl": "public-read"}, ["starts-with", "$Content-Type", "image/"],
            {"x-amz-meta-uuid": "14365123651274"}, ["content-length-range", 1, 10485760],
        ],
        "ExpiresIn": 3600,
    }
    # boto3 adds its own conditions to the list that it is given.
    form = maker.generate_presigned_post(**json.loads(json.dumps(given)))
    policy = form["fields"]["policy"]
    return {
        "id": "post_policy" + ("_session_token" if token else ""), "session_token": token, "region": REGION, **given,
        "expected": {**form, "policy_json": base64.b64decode(policy).decode()},
    }
