"""Records what independent signers make of fixed requests at a fixed time: requests.json, tokens.json, post-policy.json.

Run in an environment with requirements.txt (`just oracles` makes one). Writes beside itself; a second run changes nothing.
With --check it writes nothing and fails if a file on disk differs from what it would have written.
"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import signers
import tokens

HERE = Path(__file__).resolve().parent


def request(name, method, url, service, region, headers=(), body="", location="header", expires_seconds=None):
    return {
        "id": name, "method": method, "url": url, "headers": [list(header) for header in headers], "body": body,
        "service": service, "region": region, "location": location, "expires_seconds": expires_seconds,
    }


JSON = [("content-type", "application/json")]
FORM = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
S3 = "https://amzn-s3-demo-bucket.s3.us-east-1.amazonaws.com"
METADATA = [("x-amz-meta-author", "José"), ("x-amz-storage-class", "STANDARD_IA")]

REQUESTS = [
    request("execute_api", "POST", "https://abcdef1234.execute-api.us-east-2.amazonaws.com/prod/events/add-event",
            "execute-api", "us-east-2", JSON, '{"event":"signup","user":"alice"}'),
    request("execute_api_connections", "POST",
            "https://abcdef1234.execute-api.us-east-2.amazonaws.com/prod/%40connections/L0SM9cOFvHcCIhw%3D",
            "execute-api", "us-east-2", JSON, '{"event":"signup","user":"alice"}'),
    request("lambda_invoke", "POST",
            "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/hello-reinvent/invoke-async/",
            "lambda", "us-east-1", (), '{"name":"reinvent"}'),
    request("sts_get_caller_identity", "POST", "https://sts.us-east-1.amazonaws.com/", "sts", "us-east-1", FORM,
            "Action=GetCallerIdentity&Version=2011-06-15"),
    request("s3_get", "GET", S3 + "/photos/2026/a%20b%2Bc.jpg?versionId=3%2FL4kqtJlcpXroDTDmJ", "s3", "us-east-1"),
    request("s3_get_slashes", "GET", S3 + "//a/./b/../c%252F", "s3", "us-east-1"),
    request("s3_list", "GET", S3 + "/?list-type=2&prefix=photos%2F&delimiter=%2F", "s3", "us-east-1"),
    request("s3_put", "PUT", S3 + "/notes.txt", "s3", "us-east-1", [("content-type", "text/plain"), *METADATA], "hello\n"),
    request("s3_presigned_get", "GET", S3 + "/photos/2026/a%20b%2Bc.jpg?response-content-type=image%2Fjpeg",
            "s3", "us-east-1", location="query", expires_seconds=3600),
    request("s3_presigned_put", "PUT", S3 + "/notes.txt", "s3", "us-east-1", METADATA, location="query",
            expires_seconds=604800),
]


def record_request(case, token):
    """One signed request; the CRT has to come to the same signature."""
    expected = signers.signed_request(case, token)
    signature = signers.crt_signature(case, token)
    if signature != expected["signature"]:
        raise SystemExit(f"{case['id']}: botocore {expected['signature']}, CRT {signature}")
    suffix = "_session_token" if token else ""
    return {**case, "id": case["id"] + suffix, "session_token": token, "expected": expected}


def recordings():
    """Every file's name and its cases, each case without and with a session token."""
    both = (None, signers.SESSION_TOKEN)
    return {
        "requests.json": [record_request(case, token) for case in REQUESTS for token in both],
        "tokens.json": [tokens.record(kind, token) for kind in tokens.KINDS for token in both],
        "post-policy.json": [tokens.post_policy(token) for token in both],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    signers.freeze_time()
    stale = []
    for name, cases in recordings().items():
        document = {
            "tools": signers.tools(),
            "timestamp": signers.TIMESTAMP,
            "access_key_id": signers.ACCESS_KEY_ID,
            "secret_access_key": signers.SECRET_ACCESS_KEY,
            "cases": cases,
        }
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        file = HERE / name
        if check and file.read_text() != text:
            stale.append(name)
        if not check:
            file.write_text(text)
        print(f"{name}: {len(cases)} cases")
    if stale:
        raise SystemExit(f"recorded otherwise: {', '.join(stale)}")


main()
