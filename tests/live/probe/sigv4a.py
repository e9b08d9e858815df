"""One SigV4a request, signed here since botocore leaves that to the CRT."""

import hashlib
import hmac
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from signing import send

ALGORITHM = "AWS4-ECDSA-P256-SHA256"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
REGION_SET = "us-east-1,eu-*"


def signing_key(access_key_id, secret):
    """The private key that SigV4a derives from an access key."""
    for counter in range(1, 255):
        fixed = b"\x00\x00\x00\x01" + ALGORITHM.encode() + b"\x00" + access_key_id.encode()
        digest = hmac.digest(b"AWS4A" + secret.encode(), fixed + bytes([counter]) + b"\x00\x00\x01\x00", "sha256")
        candidate = int.from_bytes(digest, "big")
        if candidate <= ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1())
    raise ValueError("no key")


def get(signing, path):
    """Signs and sends a GET without a body to S3."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    body_hash = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": urllib.parse.urlsplit(f"http://{signing.address}").netloc,
        "x-amz-content-sha256": body_hash, "x-amz-date": now, "x-amz-region-set": REGION_SET,
    }
    names = ";".join(headers)
    canonical = "\n".join(["GET", path, "", *(f"{n}:{v}" for n, v in headers.items()), "", names, body_hash])
    scope = f"{now[:8]}/{signing.service}/aws4_request"
    text = "\n".join([ALGORITHM, now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = signing_key(signing.access_key_id, signing.secret)
    signature = key.sign(text.encode(), ec.ECDSA(hashes.SHA256())).hex()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={signing.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return send(signing.address, "GET", path, headers)
