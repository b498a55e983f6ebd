"""The arguments of ``cilium connectivity test`` for a cluster.

Options: ``newCmdConnectivityTest`` in cilium-cli/cli/connectivity.go of cilium/cilium.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, NAMESPACES, NODES, PODS
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.overview import overview

READS: Final[tuple[Reading, ...]] = (NODES, NAMESPACES, PODS)
"""What it reads of the cluster."""

TEST_NAMESPACES: Final = ("cilium-test", "cilium-test-1")
"""Where the tests run: ``ConnectivityCheckNamespace`` in cilium-cli/defaults, with a number since tests can
run side by side."""

_BLOCKING: Final = ("NoSchedule", "NoExecute")
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_WITHOUT_INTERNET: Final = ("!/pod-to-world", "!/pod-to-cidr", "!to-fqdns", "!client-egress-l7")
"""Tests and scenarios that ask ``one.one.one.one``, 1.1.1.1 or 1.0.0.1: cilium-cli/connectivity/builder."""


@dataclass(frozen=True)
class Topology:
    """What the tests need to know of a cluster.

    Attributes:
        cilium: The oldest release that runs; empty if no pod says it.
        nodes: The nodes that pods of the tests can run on.
        restricted: Namespaces of the tests whose labels keep pods of the host's network out, with the level.
    """

    cilium: str
    nodes: int
    restricted: tuple[tuple[str, str], ...]


def topology(seen: Seen) -> Topology:
    """What the tests need to know of a cluster.

    Raises:
        UnreadError: Nodes or namespaces cannot be read.
    """
    nodes = [
        each
        for each in seen.list(NODES)
        if labels_of(each).get("kubernetes.io/os", "linux") == "linux"
        and not at(each, "spec.unschedulable")
        and not any(taint.get("effect") in _BLOCKING for taint in at(each, "spec.taints") or ())
    ]
    restricted = tuple(
        (name, level)
        for each in seen.list(NAMESPACES)
        if (name := at(each, "metadata.name", "")) in TEST_NAMESPACES
        and (level := labels_of(each).get(_ENFORCE, "privileged")) != "privileged"
    )
    releases = {each.agent for each in overview(seen).nodes if each.agent}
    return Topology(min(releases, key=_numbers, default=""), len(nodes), restricted)


def _numbers(release: str) -> tuple[int, ...]:
    parts = release.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def arguments(
    found: Topology,
    junit_file: str,
    *,
    context: str = "",
    internet: bool = True,
    tests: Sequence[str] = (),
    more: Sequence[str] = (),
) -> list[str]:
    """The arguments after ``cilium``.

    Args:
        found: The cluster.
        junit_file: Where the tests write their results.
        context: The context of the kubeconfig; empty for the current one.
        internet: Whether pods reach the internet; without it the tests that need it are left out.
        tests: Regular expressions of tests to run, with a ``!`` before them of tests to leave out.
        more: Further arguments, as they are.
    """
    words = ["--context", context] if context else []
    words += ["--namespace", KUBE_SYSTEM, "connectivity", "test", "--junit-file", junit_file]
    # The CLI finds a single node by itself, but counts nodes that tests cannot run on (initClients in
    # cilium-cli/connectivity/check/context.go).
    if found.nodes == 1:
        words.append("--single-node")
    for each in (*tests, *(() if internet else _WITHOUT_INTERNET)):
        words += ["--test", each]
    return [*words, *more]
