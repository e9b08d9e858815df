"""The two independent signers behind the recordings, at one fixed time: botocore, and the AWS CRT as a second opinion."""

import contextlib
import datetime
import importlib.metadata
import io
import os
from urllib.parse import parse_qsl, urlsplit

# Where awscrt is installed, botocore would sign with it and be no second opinion. Read while botocore is imported.
os.environ["BOTO_DISABLE_CRT"] = "true"

import awscli.customizations.eks.get_token
import awscrt.auth
import awscrt.http
import awscrt.io
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.signers

NOW = datetime.datetime(2026, 11, 21, 12, 0, 0, tzinfo=datetime.timezone.utc)
TIMESTAMP = "20261121T120000Z"
ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
# Holds the characters that tokens have and URLs have to encode.
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+EXAMPLE/token+with=all/of+base64=="
TOOLS = ("boto3", "botocore", "awscrt", "awscli", "aws-msk-iam-sasl-signer-python")


def freeze_time():
    """Makes every reading of the clock that ends in a signature or an expiry give NOW."""

    def now(remove_tzinfo=True):
        return NOW.replace(tzinfo=None) if remove_tzinfo else NOW

    for module in (botocore.auth, botocore.signers, awscli.customizations.eks.get_token):
        assert hasattr(module, "get_current_datetime"), f"{module.__name__} reads its clock in another way now"
        module.get_current_datetime = now


def tools():
    """The versions of everything that had a say in the recordings."""
    return {name: importlib.metadata.version(name) for name in TOOLS}


def credentials(token):
    return botocore.credentials.Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token)


@contextlib.contextmanager
def steps():
    """Collects what botocore computes on the way while signing within this block."""
    seen = {}
    signer = botocore.auth.SigV4Auth
    canonical_request, string_to_sign = signer.canonical_request, signer.string_to_sign

    def keep_canonical_request(self, request):
        seen["canonical_request"] = canonical_request(self, request)
        return seen["canonical_request"]

    def keep_string_to_sign(self, request, text):
        seen["string_to_sign"] = string_to_sign(self, request, text)
        return seen["string_to_sign"]

    signer.canonical_request, signer.string_to_sign = keep_canonical_request, keep_string_to_sign
    try:
        yield seen
    finally:
        signer.canonical_request, signer.string_to_sign = canonical_request, string_to_sign


def signed_request(case, token):
    """What botocore makes of a request: the steps, the signature, and the Authorization value or the URL."""
    s3 = case["service"] == "s3"
    request = botocore.awsrequest.AWSRequest(
        method=case["method"], url=case["url"], headers=dict(case["headers"]), data=case["body"].encode()
    )
    where = (credentials(token), case["service"], case["region"])
    with steps() as seen:
        if case["location"] == "header":
            (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(*where).add_auth(request)
            added = ("X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256")
            seen["added_headers"] = [
                [name.lower(), request.headers[name]] for name in added if name in request.headers
            ]
            seen["authorization"] = request.headers["Authorization"]
            seen["signature"] = seen["authorization"].rsplit("=", 1)[1]
        else:
            signer = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
            signer(*where, expires=case["expires_seconds"]).add_auth(request)
            seen["url"] = request.url
            seen["signature"] = request.url.rsplit("=", 1)[1]
    return seen


def crt_signature(case, token, omit_session_token=False):
    """The signature that the CRT computes for the same request."""
    s3, query = case["service"] == "s3", case["location"] == "query"
    url = urlsplit(case["url"])
    headers = [(name, value) for name, value in case["headers"] if name.lower() != "host"]
    request = awscrt.http.HttpRequest(
        case["method"],
        url.path + (f"?{url.query}" if url.query else ""),
        awscrt.http.HttpHeaders([("host", url.netloc), *headers]),
        awscrt.io.InputStream(io.BytesIO(case["body"].encode())),
    )
    kinds, body_headers = awscrt.auth.AwsSignatureType, awscrt.auth.AwsSignedBodyHeaderType
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4,
        signature_type=kinds.HTTP_REQUEST_QUERY_PARAMS if query else kinds.HTTP_REQUEST_HEADERS,
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token),
        region=case["region"],
        service=case["service"],
        date=NOW,
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value="UNSIGNED-PAYLOAD" if s3 and query else None,
        signed_body_header_type=body_headers.X_AMZ_CONTENT_SHA_256 if s3 and not query else body_headers.NONE,
        expiration_in_seconds=case["expires_seconds"] if query else None,
        omit_session_token=omit_session_token,
    )
    awscrt.auth.aws_sign_request(request, config).result(10)
    if query:
        return dict(parse_qsl(urlsplit(request.path).query))["X-Amz-Signature"]
    return request.headers.get("Authorization").rsplit("=", 1)[1]


def unsigned(url):
    """A presigned URL as it was before it was signed."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not pair.startswith("X-Amz-")]
    return parts._replace(query="&".join(kept)).geturl()
