"""Python processes that start in no time: a server loads modules once and forks for each script.

A rehearsal runs the AWS CLI twenty times, for each token of kubectl and Helm, and a dozen functions that
import AWS's SDK. Loading took most of the time of a rehearsal. The scripts are the same, with the same
arguments, environment, folder and streams; they find their modules loaded.
"""

# no belief: how processes are kept warm

from __future__ import annotations

import contextlib
import marshal
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

from rehearsal.functions.warm_server import LENGTH_DIGITS
from rehearsal.guard import GUARD, remove

_HERE = Path(__file__).parent


class WarmPython:
    """A server that has modules loaded, for one rehearsal.

    Args:
        kind: What to load: AWS's SDK for Python (of this environment), or the AWS CLI.
        folder: The folder of the AWS CLI's modules, to put first on the import path.

    Attributes:
        address: The path of its socket.
        commands: The folder of its commands, for PATH.
    """

    def __init__(self, kind: Literal["sdk", "aws-cli"], folder: Path | None = None) -> None:
        # Not in the folder for temporary files: addresses of sockets have 104 characters on macOS.
        GUARD.take()
        self._folder = GUARD.folder("warm-", short=True)
        self.address = str(self._folder / "socket")
        self.commands = self._folder / "bin"
        self.commands.mkdir()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.address)
            listening.listen(128)
            self._process = subprocess.Popen(
                # -P: not our folder on its import path
                [
                    sys.executable,
                    "-P",
                    str(_HERE / "warm_server.py"),
                    kind,
                    str(listening.fileno()),
                    str(folder or ""),
                ],
                env={
                    "PATH": os.defpath,
                    "LANG": "C.UTF-8",
                    "PYTHONIOENCODING": "utf-8",
                    **GUARD.variables(),
                },
                pass_fds=[listening.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the server, and the commands that it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        remove(self._folder)
        GUARD.let_go()

    def command(self, name: str, script: Path) -> Path:
        """Write a command that runs a script here, whoever calls it.

        Not while somebody may run a command of that name: a shell would read half of it.

        Args:
            name: The name of the command, in `commands`.
            script: The script.

        Returns:
            The command.
        """
        words = [sys.executable, "-I", "-S", str(_HERE / "warm_command.py"), self.address, str(script)]
        command = self.commands / name
        command.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        command.chmod(0o755)
        return command

    def start(
        self,
        script: Path,
        arguments: list[str],
        *,
        folder: Path,
        variables: Mapping[str, str],
        log: IO[bytes],
    ) -> WarmProcess:
        """Run a script as the leader of a session of its own.

        Args:
            script: The script.
            arguments: Its arguments.
            folder: Its working folder.
            variables: Its whole environment.
            log: Gets what it prints.
        """
        request = {
            "script": str(script),
            "arguments": arguments,
            "folder": str(folder),
            "variables": dict(variables),
            "session": True,
        }
        content = marshal.dumps(request)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.address)
            with open(os.devnull, "rb") as nothing:
                streams = [nothing.fileno(), log.fileno(), log.fileno()]
                socket.send_fds(connection, [b"\0"], streams)
            connection.sendall(f"{len(content):0{LENGTH_DIGITS}d}".encode() + content)
            return WarmProcess(connection)
        except BaseException:
            connection.close()
            raise


class WarmProcess:
    """A script that runs, with what `subprocess.Popen` has of it.

    Attributes:
        pid: Its process and session id.
        returncode: Its exit status, once it ended; negative for the signal that ended it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answer = connection.makefile()
        self.returncode: int | None = None
        first = self._answer.readline()
        if not first:
            raise OSError("the warm server ended")
        self.pid = int(first)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It still runs after that many seconds.
        """
        if self.returncode is not None:
            return self.returncode
        deadline = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._connection, selectors.EVENT_READ)
            if not waiting.select(None if deadline is None else max(0.0, deadline - time.monotonic())):
                # no belief: as subprocess does
                raise subprocess.TimeoutExpired("script", timeout or 0.0)
        last = self._answer.readline()
        self._answer.close()
        self._connection.close()
        self.returncode = int(last) if last else -signal.SIGKILL
        return self.returncode
