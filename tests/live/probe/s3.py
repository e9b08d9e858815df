"""What is asked of servers of S3: headers, presigned URLs, keys that are hard to sign, signed chunks, POST policies."""

import base64
import binascii
import datetime
import hashlib
import json
import urllib.parse
from dataclasses import replace

import botocore.awsrequest
import sigv4a
from signing import Signing, call, send

BOUNDARY = "probe-boundary"
BUCKET = "probe"
KEYS = (
    "a%252Fb", "a%20b%2B%26%3D%3F%23", "%C3%BC/%E6%97%A5", "a//b", "a/", "~-._", "a/./b", "a/../b",
    "a%2Fb", "a+b", "a%2bb", "%41", "a@b:c,d", "a('*!)",
)


def ask(interview):
    right = Signing.of(interview.server, "s3")
    ask_headers(interview, right)
    ask_paths_and_bodies(interview, right)
    ask_presigned(interview, right)
    ask_chunks(interview, right)
    interview.ask("s3 POST policy", "accepted", post_form(right))
    interview.ask("s3 POST policy, signature spoilt", "refused", post_form(right, spoilt=True))
    interview.ask("s3 sigv4a", "accepted", sigv4a.get(right, f"/{BUCKET}/a"))
    interview.ask("s3 sigv4a, wrong secret", "refused", sigv4a.get(replace(right, secret="wrong"), f"/{BUCKET}/a"))


def ask_headers(interview, right):
    check = interview.ask
    check("s3 PUT bucket", "accepted", call(right, "PUT", f"/{BUCKET}"))
    check("s3 PUT", "accepted", call(right, "PUT", f"/{BUCKET}/a", body=b"hello"))
    check("s3 GET", "accepted", call(right, "GET", f"/{BUCKET}/a"))
    check("s3 HEAD", "accepted", call(right, "HEAD", f"/{BUCKET}/a"))
    check("s3 list", "accepted", call(right, "GET", f"/{BUCKET}?list-type=2&prefix=a%2Fb&delimiter=%2F"))
    check("s3 DELETE", "accepted", call(right, "DELETE", f"/{BUCKET}/a"))
    call(right, "PUT", f"/{BUCKET}/a", body=b"hello")

    def get(**changes):
        return call(replace(right, **changes), "GET", f"/{BUCKET}/a")

    wrong = check("s3 wrong secret", "refused", get(secret="wrong"))
    if interview.server == "ministack":
        interview.confirm("s3 refusal shows the canonical request", b"<CanonicalRequest>GET\n" in wrong[2])
    check("s3 unknown access key", "refused", get(access_key_id="AKIAUNKNOWNUNKNOWN00"))
    check("s3 wrong region", "refused", get(region="eu-central-1"))
    check("s3 wrong service in the scope", "refused", get(service="sqs"))
    check("s3 session token nobody issued", "refused", get(token="bm9ib2R5"))
    check("s3 14 minutes behind", "accepted", get(minutes_off=-14))
    check("s3 16 minutes behind", "refused", get(minutes_off=-16))
    check("s3 16 minutes ahead", "refused", get(minutes_off=16))
    target, headers = right.signed("GET", f"/{BUCKET}/a")
    unsigned = headers | {"x-amz-meta-unsigned": "1"}
    check("s3 unsigned x-amz-* header", "refused", send(right.address, "GET", target, unsigned))
    check("s3 no signature", "refused", send(right.address, "GET", f"/{BUCKET}/a", {}))


def ask_paths_and_bodies(interview, right):
    check = interview.ask
    put = f"/{BUCKET}/b"
    check("s3 body other than the signed hash", "refused", call(right, "PUT", put, body=b"hello", sent_body=b"jello"))
    unsigned = replace(right, payload_hash="UNSIGNED-PAYLOAD")
    check("s3 UNSIGNED-PAYLOAD", "accepted", call(unsigned, "PUT", put, body=b"hello"))
    twice = replace(right, double_encode=True)
    check("s3 path encoded twice", "refused", call(twice, "PUT", f"/{BUCKET}/t%20w", body=b"x"))
    for key in KEYS:
        expected = "accepted" if is_normal(key) else "refused"
        check(f"s3 key {key}", expected, call(right, "PUT", f"/{BUCKET}/k/{key}", body=b"x"))


def is_normal(path):
    """Whether a path is what S3 makes of it: unreserved characters and `/` raw, the rest in upper-case hex."""
    return urllib.parse.quote(urllib.parse.unquote(path), safe="/~") == path


def ask_presigned(interview, right):
    check = interview.ask
    presigned = replace(right, expires=300)
    check("s3 presigned GET", "accepted", call(presigned, "GET", f"/{BUCKET}/a"))
    check("s3 presigned PUT", "accepted", call(presigned, "PUT", f"/{BUCKET}/c", sent_body=b"hello"))
    check("s3 presigned with signed x-amz-meta", "accepted",
          call(presigned, "PUT", f"/{BUCKET}/c", {"x-amz-meta-a": "1"}, sent_body=b"hello"))
    check("s3 presigned, wrong secret", "refused", call(replace(presigned, secret="wrong"), "GET", f"/{BUCKET}/a"))
    check("s3 presigned, expired", "refused", call(replace(presigned, minutes_off=-6), "GET", f"/{BUCKET}/a"))
    check("s3 presigned for 7 days", "accepted", call(replace(right, expires=604800), "GET", f"/{BUCKET}/a"))
    check("s3 presigned for 7 days and a second", "refused",
          call(replace(right, expires=604801), "GET", f"/{BUCKET}/a"))


def ask_chunks(interview, right):
    data = bytes(range(256)) * 80
    for trailer in (False, True):
        label = "s3 signed chunks" + (" and trailer" if trailer else "")
        interview.ask(label, "accepted", chunked(right, data, trailer=trailer))
        for spoilt in ("chunk signature", "chunk data") + (("trailer signature", "checksum") if trailer else ()):
            interview.ask(f"{label}, {spoilt} spoilt", "refused", chunked(right, data, spoilt, trailer))


def chunked(signing, data, spoilt="", trailer=False):
    """An aws-chunked upload with signed chunks of 8 KiB, one thing in it spoilt on demand."""
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(data))}
    if trailer:
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    target, signed = replace(signing, payload_hash=kind).signed("PUT", f"/{BUCKET}/d", headers)
    date, previous = signed["X-Amz-Date"], signed["Authorization"].rsplit("=", 1)[1]
    scope = f"{date[:8]}/{signing.region}/s3/aws4_request"
    mac = signing.signer()._sign
    signing_key = ("AWS4" + signing.secret).encode()
    for part in scope.split("/"):
        signing_key = mac(signing_key, part)

    def sign(kind, *hashed):
        lines = [f"AWS4-HMAC-SHA256-{kind}", date, scope, previous, *(hashlib.sha256(part).hexdigest() for part in hashed)]
        return mac(signing_key, "\n".join(lines), hex=True)

    wire = b""
    for chunk in [data[start:start + 8192] for start in range(0, len(data), 8192)] + [b""]:
        previous = sign("PAYLOAD", b"", chunk)
        shown = "0" * 64 if spoilt == "chunk signature" else previous
        sent = b"X" * len(chunk) if spoilt == "chunk data" else chunk
        wire += f"{len(chunk):x};chunk-signature={shown}\r\n".encode() + sent + (b"\r\n" if chunk else b"")
    if trailer:
        checksum = binascii.crc32(b"other" if spoilt == "checksum" else data).to_bytes(4, "big")
        line = b"x-amz-checksum-crc32:" + base64.b64encode(checksum)
        shown = "0" * 64 if spoilt == "trailer signature" else sign("TRAILER", line + b"\n")
        wire += line + f"\r\nx-amz-trailer-signature:{shown}\r\n".encode()
    return send(signing.address, "PUT", target, signed, wire + b"\r\n")


def post_form(signing, spoilt=False):
    """A form upload under a POST policy."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{signing.region}/s3/aws4_request"
    fields = {
        "key": "posted", "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": f"{signing.access_key_id}/{scope}",
        "x-amz-date": stamp,
    }
    conditions = [{"bucket": BUCKET}, *({name: value} for name, value in fields.items())]
    expiration = (now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = json.dumps({"expiration": expiration, "conditions": conditions})
    fields["policy"] = base64.b64encode(policy.encode()).decode()
    request = botocore.awsrequest.AWSRequest(method="POST", url="http://unused/")
    request.context["timestamp"] = stamp
    fields["x-amz-signature"] = "0" * 64 if spoilt else signing.signer().signature(fields["policy"], request)

    def part(name, value):
        return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {name}\r\n\r\n{value}\r\n"

    form = "".join(part(f'name="{name}"', value) for name, value in fields.items())
    form += part('name="file"; filename="f"', "hello") + f"--{BOUNDARY}--\r\n"
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return send(signing.address, "POST", f"/{BUCKET}", headers, form.encode())
