"""What is asked of STS, DynamoDB, SQS, API Gateway, Lambda and the instance metadata service."""

import hashlib
import json
import os
import re
import urllib.parse
from dataclasses import replace

from s3 import BUCKET
from signing import Signing, address, call, send

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON = {"content-type": "application/json"}
EVENT = b'{"event":"signup","user":"alice"}'


def form(action, **parameters):
    return urllib.parse.urlencode({"Action": action, "Version": "2011-06-15", **parameters}).encode()


IDENTITY = form("GetCallerIdentity")


def identity(signing):
    return call(signing, "POST", "/", FORM, IDENTITY)


def ask_sts(interview):
    check = interview.ask
    right = Signing.of(interview.server, "sts")
    check("sts GetCallerIdentity", "accepted", identity(right))
    check("sts wrong secret", "refused", identity(replace(right, secret="wrong")))
    check("sts unknown access key", "refused", identity(replace(right, access_key_id="AKIAUNKNOWNUNKNOWN00")))
    check("sts wrong region", "refused", identity(replace(right, region="eu-central-1")))
    check("sts 14 minutes behind", "accepted", identity(replace(right, minutes_off=-14)))
    check("sts 16 minutes behind", "refused", identity(replace(right, minutes_off=-16)))
    check("sts 16 minutes ahead", "refused", identity(replace(right, minutes_off=16)))
    other = IDENTITY + b"&X=1"
    check("sts body other than the signed one", "refused", call(right, "POST", "/", FORM, IDENTITY, other))
    hashed = FORM | {"x-amz-content-sha256": hashlib.sha256(IDENTITY).hexdigest()}
    check("sts body other than its x-amz-content-sha256", "refused", call(right, "POST", "/", hashed, IDENTITY, other))
    query = "/?" + IDENTITY.decode()
    presigned = replace(right, expires=60)
    check("sts presigned", "accepted", call(presigned, "GET", query))
    check("sts presigned, wrong secret", "refused", call(replace(presigned, secret="wrong"), "GET", query))
    check("sts presigned, expired", "refused", call(replace(presigned, minutes_off=-20), "GET", query))


def ask_data(interview):
    for service, target, content_type, parameters in (
        ("dynamodb", "DynamoDB_20120810.ListTables", "application/x-amz-json-1.0", {}),
        ("sqs", "AmazonSQS.CreateQueue", "application/x-amz-json-1.0", {"QueueName": "probe"}),
    ):
        right = Signing.of(interview.server, service)
        headers, body = {"content-type": content_type, "x-amz-target": target}, json.dumps(parameters).encode()
        interview.ask(f"{service} {target.split('.')[1]}", "accepted", call(right, "POST", "/", headers, body))
        interview.ask(f"{service} wrong secret", "refused",
                      call(replace(right, secret="wrong"), "POST", "/", headers, body))


def ask_roles(interview):
    right = Signing.of(interview.server, "sts")
    prefix = f"SIGV4_LIVE_{interview.server.upper()}"
    session = {"RoleArn": os.environ[prefix + "_ROLE_ARN"], "RoleSessionName": "probe", "DurationSeconds": 900}
    assumed = interview.ask("AssumeRole", "accepted", call(right, "POST", "/", FORM, form("AssumeRole", **session)))
    ask_temporary(interview, right, "AssumeRole", assumed)
    with open(os.environ[prefix + "_WEB_IDENTITY_TOKEN_FILE"]) as file:
        tokens = {"": file.read(), ", bad token": "not.a.token"}
    for label, token in tokens.items():
        body = form("AssumeRoleWithWebIdentity", WebIdentityToken=token, **session)
        answer = send(right.address, "POST", "/", FORM, body)
        interview.ask("AssumeRoleWithWebIdentity" + label, "refused" if label else "accepted", answer)
        if not label:
            ask_temporary(interview, right, "AssumeRoleWithWebIdentity", answer)


def ask_temporary(interview, right, source, answer):
    """Signs with credentials that STS gave out."""
    key_id, secret, token = (
        re.search(f"<{name}>(.*?)</{name}>", answer[2].decode()).group(1)
        for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    )
    key = replace(right, access_key_id=key_id, secret=secret, token=token)

    def check(question, expected, answer):
        interview.ask(f"{source} credentials{question}", expected, answer)

    check("", "accepted", identity(key))
    check(", wrong secret", "refused", identity(replace(key, secret="wrong")))
    check(", no token", "refused", identity(replace(key, token=None)))
    check(", another token", "refused", identity(replace(key, token="bm9ib2R5")))
    if interview.server == "ministack":
        s3 = replace(key, service="s3")
        check(" on s3", "accepted", call(s3, "GET", f"/{BUCKET}/a"))
        check(", presigned s3", "accepted", call(replace(s3, expires=60), "GET", f"/{BUCKET}/a"))


def ask_execute_api(interview):
    check = interview.ask
    path = urllib.parse.urlsplit(os.environ["SIGV4_LIVE_MINISTACK_API"]).path
    right = Signing.of("ministack", "execute-api")
    check("execute-api POST", "accepted", call(right, "POST", path, JSON, EVENT))
    check("execute-api wrong secret", "refused", call(replace(right, secret="wrong"), "POST", path, JSON, EVENT))
    check("execute-api no signature", "refused", send(right.address, "POST", path, JSON, EVENT))
    check("execute-api body other than the signed one", "refused", call(right, "POST", path, JSON, EVENT, b"{}"))


def ask_lambda(interview):
    function = os.environ["SIGV4_LIVE_MINISTACK_FUNCTION"]
    right = Signing.of("ministack", "lambda")
    path = f"/2015-03-31/functions/{function}/invocations"
    answer = interview.ask("lambda Invoke", "accepted", call(right, "POST", path, JSON, EVENT))
    interview.confirm("lambda Invoke returns the event", json.loads(answer[2]) == json.loads(EVENT))
    interview.ask("lambda wrong secret", "refused", call(replace(right, secret="wrong"), "POST", path, JSON, EVENT))
    arn = urllib.parse.quote(f"arn:aws:lambda:us-east-1:000000000000:function:{function}", safe="")
    path = f"/2015-03-31/functions/{arn}/invocations"
    interview.ask("lambda Invoke by ARN (path encoded twice)", "accepted", call(right, "POST", path, JSON, EVENT))


def ask_metadata(interview):
    """IMDSv2 on the server's own address."""
    listing = "/latest/meta-data/iam/security-credentials/"

    def get(path, token):
        headers = {"x-aws-ec2-metadata-token": token} if token else {}
        return send(address(interview.server), "GET", path, headers)

    lifetime = {"x-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = send(address(interview.server), "PUT", "/latest/api/token", lifetime)
    interview.ask("imds token", "accepted", token)
    token = token[2].decode()
    role = interview.ask("imds role", "accepted", get(listing, token))[2].decode().strip()
    document = interview.ask("imds credentials", "accepted", get(listing + role, token))
    fields = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    interview.confirm("imds credentials are complete", fields <= set(json.loads(document[2])))
    interview.ask("imds without a token", "refused", get(listing, None))
