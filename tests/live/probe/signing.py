"""Requests signed by botocore, one thing in them wrong on demand, and what a server answers to them."""

import datetime
import hashlib
import http.client
import os
import re
from dataclasses import dataclass
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials


class S3Header(botocore.auth.S3SigV4Auth):
    """botocore's signer for S3 with a payload hash that the caller may choose."""

    payload_hash = None

    def payload(self, request):
        return self.payload_hash or super().payload(request)


@dataclass(frozen=True)
class Signing:
    """Who signs for what, and how far the clock is off."""

    server: str
    service: str
    region: str = "us-east-1"
    access_key_id: str = ""
    secret: str = ""
    token: str | None = None
    minutes_off: int = 0
    expires: int | None = None
    payload_hash: str | None = None
    double_encode: bool = False

    @classmethod
    def of(cls, server, service):
        """The user that with-servers made on this server."""
        prefix = "SIGV4_LIVE_" + server.upper()
        key = os.environ[prefix + "_ACCESS_KEY_ID"], os.environ[prefix + "_SECRET_ACCESS_KEY"]
        return cls(server, service, access_key_id=key[0], secret=key[1])

    @property
    def address(self):
        return address(self.server)

    def signer(self):
        s3 = self.service == "s3" and not self.double_encode
        key = botocore.credentials.Credentials(self.access_key_id, self.secret, self.token)
        if self.expires is not None:
            kind = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
            return kind(key, self.service, self.region, expires=self.expires)
        signer = (S3Header if s3 else botocore.auth.SigV4Auth)(key, self.service, self.region)
        signer.payload_hash = self.payload_hash
        return signer

    def signed(self, method, path, headers=(), body=b""):
        """The signed request as (target, headers)."""
        base = f"http://{self.address}"
        request = botocore.awsrequest.AWSRequest(method=method, url=base + path, headers=dict(headers), data=body)
        if self.double_encode:
            request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=self.minutes_off)
        with mock.patch.object(botocore.auth, "get_current_datetime", lambda: now):
            self.signer().add_auth(request)
        return request.url.removeprefix(base), dict(request.headers)


def address(server):
    """A server's host and port."""
    return os.environ["SIGV4_LIVE_" + server.upper()].removeprefix("http://")


def send(address, method, target, headers, body=b""):
    """(status, error code, body) of one exchange, the target going out as it is."""
    connection = http.client.HTTPConnection(address, timeout=120)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    code = re.search(rb"<Code>(.*?)</Code>", answer) or re.search(rb'"(?:__type|code|Code)": *"(.*?)"', answer)
    return response.status, code.group(1).decode() if code else response.headers.get("x-amzn-errortype", ""), answer


def call(signing, method, path, headers=(), body=b"", sent_body=None):
    """Signs and sends; `sent_body` goes out instead of the body that was signed."""
    target, signed = signing.signed(method, path, headers, body)
    return send(signing.address, method, target, signed, body if sent_body is None else sent_body)
