"""``doctor hubble-ui``: forwards a local port to the Hubble UI, and opens it in the browser."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import socket
import subprocess
import webbrowser
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Final

from cdk_eks_cilium.cli.answer import GOOD, STOPPED, Answer, UsageError
from cdk_eks_cilium.cli.output import tell
from cdk_eks_cilium.doctor.checks.views.pods import is_ready, why_not_ready
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, PODS
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

from .sources import declare_cluster, opening

_PORT: Final = 12000
"""The port of ``cilium hubble ui``: cilium-cli/cli/hubble.go."""
_SERVICE_PORT: Final = 80
"""templates/hubble-ui/service.yaml of the chart, in every release since 1.12."""
_FORWARDING: Final = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_NAME: Final = "hubble-ui"
_SECONDS_TO_END: Final = 5


class _UnusableError(Exception):
    """The UI cannot be opened; the text says why and what to do."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_cluster(parser)
    parser.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help=f"the local port (default: {_PORT}, or a free one if that is taken)",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address alone")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"must be a port from 1 to 65535, got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> Answer:
    """Open the Hubble UI of the cluster in the browser, through kubectl, until Ctrl-C.

    The exit status is 3 if the cluster cannot be reached, or the UI does not run.
    """
    options.folder, options.aws = None, False
    if options.port is not None and not _is_free(options.port):
        raise UsageError(f"--port: {options.port} is taken on this machine; name another one")
    subject, opened = opening(options, NOTHING, (DEPLOYMENTS, PODS))
    try:
        _look(Seen(opened().reader))
        return _forwarded(options)
    except UnreadError as error:
        return Answer(code=STOPPED, notes=[f"{subject}: {error}"])
    except _UnusableError as error:
        return Answer(code=STOPPED, notes=[str(error)])


def _look(seen: Seen) -> None:
    """Whether the UI runs."""
    if seen.one(DEPLOYMENTS, _NAME, KUBE_SYSTEM) is None:
        raise _UnusableError(
            "the Hubble UI is not installed: set cilium.hubble.ui: true in the settings, which is "
            "hubble.ui.enabled of the chart, and deploy"
        )
    pods = [
        each
        for each in seen.list(PODS)
        if at(each, "metadata.namespace") == KUBE_SYSTEM and labels_of(each).get("k8s-app") == _NAME
    ]
    if not any(is_ready(each) for each in pods):
        why = next(
            (words for each in pods if (words := why_not_ready(each))), "not ready" if pods else "missing"
        )
        look = f"kubectl --namespace {KUBE_SYSTEM} describe pods --selector k8s-app={_NAME}"
        raise _UnusableError(f"the pod of the Hubble UI is not ready ({why}): {look}")


def _forwarded(options: argparse.Namespace) -> Answer:
    program = shutil.which("kubectl")
    port = options.port or (_PORT if _is_free(_PORT) else 0)
    call = [program or "kubectl", *_access(options), "--namespace", KUBE_SYSTEM, "port-forward"]
    call += [f"service/{_NAME}", f"{port or ''}:{_SERVICE_PORT}"]
    if program is None:
        raise _UnusableError(f"kubectl is not on PATH: install it, and run: {shlex.join(call)}")
    child = subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    last = ""
    try:
        assert child.stdout is not None
        for line in child.stdout:
            last = line.strip() or last
            if found := _FORWARDING.match(line):
                _open(f"http://127.0.0.1:{found[1]}/", browser=not options.no_browser)
        child.wait()
    except KeyboardInterrupt:
        tell("closed")
        return Answer(code=GOOD)
    finally:
        _end(child)
    if "address already in use" in last:
        raise _UnusableError(f"the local port is taken: name another one with --port ({last})")
    raise _UnusableError(f"kubectl ended the forwarding: {last or 'without a word'}")


def _access(options: argparse.Namespace) -> Sequence[str]:
    words = ["--kubeconfig", str(options.kubeconfig)] if options.kubeconfig else []
    return [*words, *(["--context", options.context] if options.context else [])]


def _open(address: str, *, browser: bool) -> None:
    print(f"Hubble UI: {address} (Ctrl-C ends it)", flush=True)
    if browser:
        with suppress(webbrowser.Error):
            webbrowser.open(address)


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            child.kill()
    if child.stdout is not None:
        child.stdout.close()
