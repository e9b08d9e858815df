"""What each server accepts and refuses, asked with signatures of botocore; ../README.md puts the outcome in words.

Run under with-servers: `tests/live/with-servers .venv/servers/bin/python tests/live/probe`. Prints one line a question and
exits 1 if a server answers another way than expected here, so a new version of a server cannot change the ground under tests.
"""

import os
import sys

sys.dont_write_bytecode = True

import s3
import services
from asking import Interview

# How each server differs from AWS.
SEAWEEDFS = {
    "s3 wrong region": "accepted",
    "s3 wrong service in the scope": "accepted",
    "s3 body other than the signed hash": "accepted",
    "s3 path encoded twice": "accepted",
    "s3 key a/./b": "refused",
    "s3 key a/../b": "refused",
    "s3 signed chunks, chunk signature spoilt": "500",
    "s3 signed chunks, chunk data spoilt": "500",
    "s3 signed chunks and trailer, chunk signature spoilt": "500",
    "s3 signed chunks and trailer, chunk data spoilt": "500",
    "s3 signed chunks and trailer, trailer signature spoilt": "accepted",
    "s3 sigv4a": "refused",
}
MINISTACK = {
    "s3 wrong region": "301",
    "s3 unsigned x-amz-* header": "accepted",
    "s3 body other than the signed hash": "accepted",
    "s3 key a%2Fb": "accepted",
    "s3 key a+b": "accepted",
    "s3 key a%2bb": "accepted",
    "s3 key %41": "accepted",
    "s3 key a@b:c,d": "accepted",
    "s3 key a('*!)": "accepted",
    "s3 signed chunks and trailer, trailer signature spoilt": "accepted",
    "sts wrong region": "accepted",
    "sts body other than its x-amz-content-sha256": "accepted",
}
MOTO = {
    "sts wrong region": "accepted",
    "sts 16 minutes behind": "accepted",
    "sts 16 minutes ahead": "accepted",
    "sts body other than its x-amz-content-sha256": "accepted",
    "sts presigned": "500",
    "sts presigned, wrong secret": "500",
    "sts presigned, expired": "500",
    "AssumeRoleWithWebIdentity, bad token": "accepted",
    "imds without a token": "accepted",
}
INTERVIEWS = {
    "seaweedfs": (SEAWEEDFS, [s3.ask]),
    "ministack": (MINISTACK, [
        s3.ask, services.ask_sts, services.ask_roles, services.ask_data, services.ask_execute_api, services.ask_lambda,
        services.ask_metadata,
    ]),
    "moto": (MOTO, [services.ask_sts, services.ask_roles, services.ask_data, services.ask_metadata]),
}

failures, asked = 0, 0
for server, (differs, questions) in INTERVIEWS.items():
    if f"SIGV4_LIVE_{server.upper()}" in os.environ:
        interview = Interview(server, differs)
        for ask in questions:
            ask(interview)
        failures += interview.end()
        asked += 1
if not asked:
    sys.exit(__doc__)
print(f"{failures} answers other than expected from {asked} servers")
sys.exit(bool(failures))
