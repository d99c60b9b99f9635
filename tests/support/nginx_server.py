"""A real nginx on a free port of this machine, with the configuration of `docker/`, started and ended by the tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import ROOT, SECONDS

CONFIGURATION = ROOT / "docker" / "nginx.conf"


class NginxServer:
    """An nginx in front of two replicas on ports of this machine."""

    def __init__(self, folder: Path, replicas: Sequence[int], port: int) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        text = CONFIGURATION.read_text(encoding="utf-8")
        for number, replica in enumerate(replicas, 1):
            # An address needs no resolving, which the nginx of the system may be too old for.
            text = text.replace(f"outreach-mcp-{number}:8000 resolve", f"127.0.0.1:{replica}")
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("/tmp/", f"{folder}/")
        text = text.replace("/dev/stdout", f"{folder}/access.log")
        (folder / "nginx.conf").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Start it; when this returns it listens."""
        self._run()

    def log(self) -> list[str]:
        """The log of requests: address, time, method, path, status, size, seconds, replicas."""
        return (self._folder / "access.log").read_text(encoding="utf-8").splitlines()

    def faults(self) -> str:
        """The log of errors."""
        return (self._folder / "error.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it at once."""
        pid = self._folder / "nginx.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)

    def _run(self) -> None:
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        command = shutil.which("nginx", path=path)
        if command is None and os.environ.get("CI") == "true":
            pytest.fail("nginx is missing, and in CI it must be there")
        if command is None:
            pytest.skip("nginx is not installed: `apt-get install nginx-light` brings it")
        arguments = ["-p", str(self._folder), "-c", "nginx.conf", "-e", f"{self._folder}/error.log"]
        if os.geteuid() == 0:  # its workers would be somebody who cannot open this folder
            arguments += ["-g", "user root;"]
        done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False, timeout=SECONDS)
        assert done.returncode == 0, done.stderr


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running_nginx(replicas: Sequence[int], port: int | None = None) -> Generator[NginxServer]:
    """Run an nginx in front of replicas."""
    with tempfile.TemporaryDirectory() as folder:
        server = NginxServer(Path(folder), replicas, port or free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
