"""The servers that the live tests sign for: how each is started, when it is ready, and whom it knows.

Every kind is a `Server`: `command()` starts it, `ready()` says whether it serves, `provision()` makes the users that tests
sign as, `environment()` is what tests read. Secrets are random, new at every start.
"""

import base64
import json
import time
from pathlib import Path

import ministack_account
from process import HOST, REGION, Server, answer, free_ports

HERE = Path(__file__).resolve().parent


def web_identity_token(folder):
    """Writes a token of the issuer that MiniStack's role trusts, and gives the file's path.

    The token is unsigned: MiniStack reads its claims and checks no signature, moto reads nothing.
    """
    now = int(time.time())
    claims = {
        "iss": f"https://{ministack_account.ISSUER}", "sub": "live", "aud": "sts.amazonaws.com",
        "iat": now, "exp": now + 86400,
    }
    parts = (json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims), "")
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    file = folder / "web-identity-token"
    file.write_text(token)
    return str(file)


class SeaweedFs(Server):
    """S3, by the `weed` binary: master, volume, filer and S3 gateway in one process."""

    name = "seaweedfs"

    def command(self):
        ports = free_ports(7)
        (self.s3_grpc, self.master, self.master_grpc, self.volume, self.volume_grpc, self.filer, self.filer_grpc) = ports
        user = {
            "name": "live",
            "credentials": [{"accessKey": self.access_key_id, "secretKey": self.secret_access_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [user]}))
        return [
            self.venv / "bin/weed", "-logtostderr=true", "server",
            f"-dir={self.folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-master.telemetry=false",
            "-volume.max=1000", "-master.volumeSizeLimitMB=64",
            f"-master.port={self.master}", f"-master.port.grpc={self.master_grpc}",
            f"-volume.port={self.volume}", f"-volume.port.grpc={self.volume_grpc}",
            f"-filer.port={self.filer}", f"-filer.port.grpc={self.filer_grpc}",
            f"-filer.localSocket={self.folder}/filer.sock",
            "-s3", f"-s3.port={self.port}", f"-s3.port.grpc={self.s3_grpc}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            f"-s3.localSocket={self.folder}/s3.sock", f"-s3.config={config}",
        ], {}

    def ready(self):
        # The gateway answers before a volume can be written, so a small file is written through the filer as well.
        health = answer(self.port, "GET", "/healthz")
        if health is None or health[0] != 200:
            return False
        written = answer(self.filer, "PUT", "/ready", b"x", {"content-type": "text/plain"})
        return written is not None and written[0] in (200, 201)

    def clean(self):
        for role, port in (("s3", self.s3_grpc), ("master", self.master_grpc), ("volume", self.volume_grpc)):
            Path(f"/tmp/seaweedfs-{role}-grpc-{port}.sock").unlink(missing_ok=True)


class MiniStack(Server):
    """Many services in AWS's own shapes. Its root key is never checked, so tests sign as a user that root made."""

    name = "ministack"

    def command(self):
        return [
            self.venv / "bin/python", HERE / "ministack_server.py",
            "--workers", "0", "--bind", f"{HOST}:{self.port}", "ministack.app:app",
        ], {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": ministack_account.ROOT,
            "AWS_SECRET_ACCESS_KEY": ministack_account.ROOT,
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_IMDS_V2_REQUIRED": "1",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(self.folder),
        }

    def ready(self):
        health = answer(self.port, "GET", "/_ministack/health")
        return health is not None and health[0] == 200

    def provision(self):
        self.account = ministack_account.create(self.port, REGION)
        self.access_key_id = self.account.access_key_id
        self.secret_access_key = self.account.secret_access_key

    def environment(self):
        return super().environment() | {
            "SIGV4_LIVE_MINISTACK_ROLE_ARN": self.account.role_arn,
            "SIGV4_LIVE_MINISTACK_WEB_IDENTITY_TOKEN_FILE": web_identity_token(self.folder),
            "SIGV4_LIVE_MINISTACK_API": f"http://{HOST}:{self.port}{self.account.api_path}",
            "SIGV4_LIVE_MINISTACK_FUNCTION": self.account.function,
        }


class Moto(Server):
    """Header signatures and policies of STS, SQS, SNS, DynamoDB, KMS, IAM and others."""

    name = "moto"

    def command(self):
        self.keys_file = self.folder / "keys.json"
        return [self.venv / "bin/python", HERE / "moto_server.py", HOST, str(self.port), self.keys_file], {}

    def ready(self):
        index = answer(self.port, "GET", "/moto-api/data.json")
        return index is not None and index[0] == 200

    def provision(self):
        keys = json.loads(self.keys_file.read_text())
        self.access_key_id = keys["access_key_id"]
        self.secret_access_key = keys["secret_access_key"]
        self.role_arn = keys["role_arn"]

    def environment(self):
        return super().environment() | {
            "SIGV4_LIVE_MOTO_ROLE_ARN": self.role_arn,
            "SIGV4_LIVE_MOTO_WEB_IDENTITY_TOKEN_FILE": web_identity_token(self.folder),
        }


SERVERS = {kind.name: kind for kind in (SeaweedFs, MiniStack, Moto)}
