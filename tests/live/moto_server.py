"""moto's server with one user, one role and every signature checked; started by servers.py inside its environment.

Usage: moto_server.py HOST PORT KEYS_FILE. Writes the user's key and the role's ARN to KEYS_FILE as JSON, then serves.
"""

import json
import sys
from pathlib import Path

import moto.settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.models import iam_backends
from moto.server import main

ACCOUNT = "123456789012"
ALLOW_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
TRUST_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}]}
)

authorize = ActionAuthenticatorMixin._authenticate_and_authorize_normal_action


def authorize_signed(response, resource="*"):
    """moto asks every call for a signature; AWS takes this one without, since the token in it says who calls."""
    if response._get_action() != "AssumeRoleWithWebIdentity":
        authorize(response, resource)


ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = authorize_signed

host, port, keys_file = sys.argv[1:]
iam = iam_backends[ACCOUNT]["aws"]
iam.create_user("us-east-1", "live", path="/")
iam.put_user_policy("live", "everything", ALLOW_ALL)
# moto reads the account out of the access key id, so it has to make the key itself.
key = iam.create_access_key("live")
role = iam.create_role(
    "live", TRUST_ALL, path="/", permissions_boundary=None, description="", tags=[], max_session_duration=3600
)
iam.put_role_policy(role.name, "everything", ALLOW_ALL)
Path(keys_file).write_text(
    json.dumps({"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key, "role_arn": role.arn})
)
moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0
main(["-H", host, "-p", port])
