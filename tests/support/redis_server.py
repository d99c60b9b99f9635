"""A real Redis on a free port of this machine, started and ended by the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

PASSWORD = "the-redis-password-of-the-tests"


class RedisServer:
    """A Redis that keeps everything on the disk at once, as the server's documentation asks for."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it can be used."""
        command = shutil.which("redis-server")
        if command is None and os.environ.get("CI") == "true":
            pytest.fail("redis-server is missing, and in CI it must be there")
        if command is None:
            pytest.skip("redis-server is not installed: `apt-get install redis-server` brings it")
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": PASSWORD,
            "dir": str(self._folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([command, *options, *self._options], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = ""
        for line in self._process.stdout:
            said += line
            if "Ready to accept connections" in line:
                return
        raise AssertionError(f"redis-server has ended: {said}")

    def clear(self) -> None:
        """Remove everything it holds."""
        client: Any = redis.Redis(port=self.port, password=PASSWORD)  # redis types only half of what it offers
        with closing(client):
            client.flushall()

    def stop(self) -> None:
        """End it as a machine that fails would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def running_redis(*options: str) -> Generator[RedisServer]:
    """Run a Redis of one's own, with more options."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
