"""What the live tests find in a fresh MiniStack: a user with a key, a role, an API behind IAM, a function.

MiniStack never checks its root key, so the calls below carry a signature of the right shape and no meaning.
"""

import base64
import http.client
import io
import json
import time
import urllib.parse
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

ROOT = "test"
ACCOUNT = "000000000000"
NAME = "live"
ISSUER = "oidc.example.com"
FUNCTION = "hello-reinvent"

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        },
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass
class Account:
    """Who may sign, and what there is to call."""

    access_key_id: str
    secret_access_key: str
    role_arn: str
    api_path: str
    function: str


class Root:
    """Calls of the root user, whose signature nobody checks."""

    def __init__(self, port, region):
        self.port = port
        self.region = region

    def call(self, service, method, path, body, headers):
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{ROOT}/{now[:8]}/{self.region}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, {"x-amz-date": now, "authorization": signature, **headers})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer.decode(errors='replace')[:500]}")
        return answer

    def iam(self, action, **parameters):
        body = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters})
        answer = self.call("iam", "POST", "/", body, {"content-type": "application/x-www-form-urlencoded"})
        return {element.tag.rsplit("}", 1)[-1]: element.text for element in ElementTree.fromstring(answer).iter()}

    def rest(self, service, method, path, body=None):
        answer = self.call(service, method, path, json.dumps(body or {}), {"content-type": "application/json"})
        return json.loads(answer) if answer else {}


def create(port, region):
    """Makes everything, and says what it is."""
    root = Root(port, region)
    root.iam("CreateUser", UserName=NAME)
    root.iam("PutUserPolicy", UserName=NAME, PolicyName="everything", PolicyDocument=json.dumps(ALLOW_ALL))
    key = root.iam("CreateAccessKey", UserName=NAME)
    root.iam("CreateOpenIDConnectProvider", Url=f"https://{ISSUER}", **{
        "ClientIDList.member.1": "sts.amazonaws.com",
        "ThumbprintList.member.1": "0" * 40,
    })
    role = root.iam("CreateRole", RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    root.iam("PutRolePolicy", RoleName=NAME, PolicyName="everything", PolicyDocument=json.dumps(ALLOW_ALL))
    return Account(
        access_key_id=key["AccessKeyId"],
        secret_access_key=key["SecretAccessKey"],
        role_arn=role["Arn"],
        api_path=create_api(root),
        function=create_function(root, role["Arn"]),
    )


def create_api(root):
    """A REST API whose `POST /events/add-event` asks for IAM and answers `{"accepted":true}`; returns its path."""
    api = root.rest("apigateway", "POST", "/restapis", {"name": NAME})["id"]
    resources = f"/restapis/{api}/resources"
    top = root.rest("apigateway", "GET", resources)["item"][0]["id"]
    events = root.rest("apigateway", "POST", f"{resources}/{top}", {"pathPart": "events"})["id"]
    leaf = root.rest("apigateway", "POST", f"{resources}/{events}", {"pathPart": "add-event"})["id"]
    method = f"{resources}/{leaf}/methods/POST"
    root.rest("apigateway", "PUT", method, {"authorizationType": "AWS_IAM"})
    root.rest("apigateway", "PUT", f"{method}/responses/200", {})
    root.rest("apigateway", "PUT", f"{method}/integration", {
        "type": "MOCK",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
    })
    root.rest("apigateway", "PUT", f"{method}/integration/responses/200", {
        "responseTemplates": {"application/json": '{"accepted":true}'},
    })
    root.rest("apigateway", "POST", f"/restapis/{api}/deployments", {"stageName": "prod"})
    return f"/_aws/execute-api/{api}/prod/events/add-event"


def create_function(root, role_arn):
    """A function that returns its event; returns its name."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    root.rest("lambda", "POST", "/2015-03-31/functions", {
        "FunctionName": FUNCTION,
        "Runtime": "python3.11",
        "Role": role_arn,
        "Handler": "index.handler",
        "Code": {"ZipFile": base64.b64encode(code.getvalue()).decode()},
    })
    return FUNCTION

