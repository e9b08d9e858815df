"""Puts the servers' packages into `.venv/servers` at the repository's root, once per state of requirements.txt."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
ENVIRONMENTS = HERE.parent.parent / ".venv"


def ensure():
    """The virtual environment's folder, made or made anew if requirements.txt changed since. Safe to call at once from many."""
    venv = ENVIRONMENTS / "servers"
    state = f"{sys.version}\n{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n"
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = venv / "installed"
        if stamp.exists() and stamp.read_text() == state:
            return venv
        print("with-servers: installing the servers into .venv/servers", file=sys.stderr)
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        # The list is whole, so nothing needs resolving; bytecode is written when a module is first loaded.
        subprocess.run(
            [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "10", "--timeout", "60",
             "--no-deps", "--no-compile", "--requirement", REQUIREMENTS],
            check=True,
        )
        stamp.write_text(state)
    return venv
