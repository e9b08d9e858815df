"""A server as a process on loopback: started on a free port, awaited, and ended with all that it started."""

import ctypes
import http.client
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOST = "127.0.0.1"
REGION = "us-east-1"
# On a busy machine; an idle one needs a tenth of it.
READY_SECONDS = 180
STOP_SECONDS = 1
# How often a server is started that ends at once: somebody else took its port after it was found free.
STARTS = 3
LOG_TAIL_LINES = 40
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class StartError(Exception):
    """A server that did not start, with the tail of its log."""


def free_ports(count):
    """Ports that nothing listens on now, below the range from which systems take ports for outgoing connections."""
    held, ports = [], []
    while len(ports) < count:
        candidate = socket.socket()
        try:
            candidate.bind((HOST, random.randint(15000, 32000)))
        except OSError:
            candidate.close()
            continue
        held.append(candidate)
        ports.append(candidate.getsockname()[1])
    for candidate in held:
        candidate.close()
    return ports


def answers(port):
    """Whether something listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def answer(port, method, path, body=None, headers=None):
    """One HTTP exchange as (status, body), or None while nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def die_with_parent():
    """In the child: be killed when the parent dies, however it dies (Linux; elsewhere only orderly ends are covered)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


class Server:
    """One process with its folder, its log, and the users that it knows."""

    name = ""

    def __init__(self, venv, port=None):
        self.venv = venv
        self.port = port
        self.port_is_given = port is not None
        self.access_key_id = "AKIA" + secrets.token_hex(8).upper()
        self.secret_access_key = secrets.token_hex(20)
        self.folder = Path(tempfile.mkdtemp(prefix=f"sigv4-{self.name}-"))
        self.log = self.folder / "log"
        self.process = None

    def command(self):
        """The command line and the environment variables that it needs."""
        raise NotImplementedError

    def ready(self):
        """Whether the server serves requests now."""
        raise NotImplementedError

    def provision(self):
        """Makes users, roles and resources, once ready."""

    def environment(self):
        """What the tests read: the endpoint and a user's key, named after the server."""
        prefix = "SIGV4_LIVE_" + self.name.upper()
        return {
            prefix: f"http://{HOST}:{self.port}",
            prefix + "_REGION": REGION,
            prefix + "_ACCESS_KEY_ID": self.access_key_id,
            prefix + "_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def launch(self):
        """Starts the process; `await_ready` tells when it can be used."""
        if not self.port_is_given:
            (self.port,) = free_ports(1)
        elif answers(self.port):
            raise StartError(f"{self.name} cannot listen on {self.port}: something else does")
        command, variables = self.command()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_", "MINISTACK_"))}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                env={**inherited, "PYTHONUNBUFFERED": "1", **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def await_ready(self):
        """Returns once the server serves and its users exist; raises `StartError` when it does not in time."""
        deadline = time.monotonic() + READY_SECONDS
        starts = 1
        while not self.ready():
            if self.process.poll() is not None:
                if starts < STARTS and not self.port_is_given:
                    print(f"with-servers: {self.name} ended early, and is started again\n{self.log_tail()}", file=sys.stderr)
                    self.end(signal.SIGKILL)
                    self.clean()
                    self.launch()
                    starts += 1
                    continue
                raise StartError(f"{self.name} ended with status {self.process.returncode}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not ready after {READY_SECONDS} s\n{self.log_tail()}")
            time.sleep(0.1)
        try:
            self.provision()
        except Exception as error:
            raise StartError(f"{self.name} could not be provisioned: {error}\n{self.log_tail()}") from error

    def log_tail(self):
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"  {self.name}| {line}" for line in lines)

    def end(self, number):
        """Sends a signal to the process and to every process that it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass

    def clean(self):
        """Removes what the server left outside its folder."""


def stop(running):
    """Ends the servers: all are asked, those that take longer than `STOP_SECONDS` are killed."""
    started = [server for server in running if server.process is not None]
    for server in started:
        server.end(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for server in started:
        try:
            server.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        server.end(signal.SIGKILL)
        server.process.wait()
        server.clean()
