"""Runs as a process of its own: loads Python modules once, then forks for each script it is asked to run.

Arguments: what to load (a key of `_LOADERS`), the number of the listening socket, and a folder to put first
on the import path, or nothing. It ends when its standard input does, and so with the process that started it.

A client sends its standard streams, then a request: eight digits of length, and a mapping with `script`,
`arguments`, `folder`, `variables` and `session` (whether the script leads a session of its own), as `marshal`
writes it: both processes run the same Python. It gets the process id, and at the end the exit status,
negative for a signal. A script whose client hangs up ends.
Standard library only, except for what is to be loaded: scripts run with this process's import path.
"""

# no belief: how processes are kept warm

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import io
import marshal
import operator
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

LENGTH_DIGITS: Final = 8


def _load_sdk() -> None:
    """AWS's SDK for Python, as a warm Lambda function has it, and the models that every client reads."""
    boto3 = importlib.import_module("boto3")
    keep_models()
    boto3.client("sts", region_name="us-east-1")


def _load_aws_cli() -> None:
    """AWS's command line, and the models of `eks get-token`, which kubectl and Helm call for each request.

    The command signs a request with credentials that nobody checks, and sends nothing.
    """
    driver = importlib.import_module("awscli.clidriver")
    keep_models()
    given = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(given)
    with contextlib.redirect_stdout(io.StringIO()):
        driver.create_clidriver().main(["eks", "get-token", "--cluster-name", "none"])
    for name in given:
        del os.environ[name]


def keep_models() -> None:
    """Let botocore read each model, and list each folder of models, once in this process and its children.

    Each of its sessions would do so again; they are files that do not change. The same for what it works out
    about the handlers of its events, which are in its code.
    """
    loaders = importlib.import_module("botocore.loaders")
    if hasattr(loaders.JSONFileLoader.load_file, "__wrapped__"):
        return
    loaders.JSONFileLoader.load_file = _kept(loaders.JSONFileLoader.load_file, lambda _: None)
    places = operator.attrgetter("search_paths")
    loaders.Loader.list_available_services = _kept(
        loaders.Loader.list_available_services, lambda loader: tuple(places(loader))
    )
    # A client registers four hundred handlers of events, and learns of each its new name and its signature.
    hooks = importlib.import_module("botocore.hooks")
    hooks.EventAliaser._alias_event_name = _kept(hooks.EventAliaser._alias_event_name, lambda _: None)
    vars(hooks)["accepts_kwargs"] = _kept_by_code(vars(hooks)["accepts_kwargs"])


def _kept(read: Callable[..., Any], who: Callable[[Any], Hashable]) -> Callable[..., Any]:
    """A method that keeps its answers: by its arguments, and by what of its object they depend on."""
    known: dict[Hashable, Any] = {}

    @functools.wraps(read)
    def keeping(self: Any, *arguments: str, **named: str) -> Any:
        key = who(self), arguments, *named.items()
        if key not in known:
            known[key] = read(self, *arguments, **named)
        return known[key]

    return keeping


def _kept_by_code(ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A question about functions that keeps its answers, by the code of the function."""
    known: dict[Hashable, Any] = {}

    @functools.wraps(ask)
    def asking(function: Any) -> Any:
        code = getattr(function, "__code__", None)
        if code is None:
            return ask(function)
        if code not in known:
            known[code] = ask(function)
        return known[code]

    return asking


_LOADERS: Final[Mapping[str, Callable[[], None]]] = {"sdk": _load_sdk, "aws-cli": _load_aws_cli}


def main() -> None:
    """Loads, then serves until standard input ends."""
    kind, listening, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if folder:
        sys.path.insert(0, folder)
    before = dict(os.environ)
    _LOADERS[kind]()
    # What is loaded stays: a collection in a child would touch, and so copy, all of its memory.
    gc.freeze()
    # The AWS CLI tells botocore the folder of its own models, by a variable.
    set_by_loading = dict(os.environ.items() - before.items())
    ended, wake = socket.socketpair()
    for end in (ended, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    clients: dict[int, socket.socket] = {}
    with socket.socket(fileno=listening) as server, selectors.DefaultSelector() as waiting:
        for readable in (server, ended, sys.stdin.fileno()):
            waiting.register(readable, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in waiting.select()]
            if sys.stdin.fileno() in ready:
                return
            if ended in ready:
                ended.recv(4096)
                _tell_ends(clients)
            if server in ready:
                connection, _ = server.accept()
                process = os.fork()
                if process == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    server.close()
                    _answer(connection, set_by_loading)
                clients[process] = connection


def _tell_ends(clients: dict[int, socket.socket]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            with clients.pop(ended[0]) as connection, contextlib.suppress(OSError):
                connection.sendall(f"{os.waitstatus_to_exitcode(ended[1])}\n".encode())


def _answer(connection: socket.socket, variables: Mapping[str, str]) -> None:
    """In the child: run the script, and end."""
    status = 1
    try:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        request = marshal.loads(_read(connection, int(_read(connection, LENGTH_DIGITS))))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        if request["session"]:
            os.setsid()
        connection.sendall(f"{os.getpid()}\n".encode())
        threading.Thread(target=_end_with, args=(connection, request["session"]), daemon=True).start()
        status = _run(request, variables)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _read(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = connection.recv(size - len(content))
        if not part:
            raise EOFError("the client hung up before its request was complete")
        content += part
    return content


def _end_with(connection: socket.socket, session: bool) -> None:
    with contextlib.suppress(OSError):
        connection.recv(1)  # a client sends nothing more
    if session:
        os.killpg(0, signal.SIGKILL)  # with the commands that the script runs
    os._exit(137)


def _run(request: Mapping[str, Any], variables: Mapping[str, str]) -> int:
    os.environ.clear()
    os.environ.update({**request["variables"], **variables})
    os.chdir(request["folder"])
    sys.argv = [request["script"], *request["arguments"]]
    try:
        runpy.run_path(request["script"], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main()
