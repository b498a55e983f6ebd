"""Whether the relay is connected to the agents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, RELAY_LOGS
from cdk_eks_cilium.doctor.engine.seen import Seen

_RESTART: Final = "kubectl --namespace kube-system rollout restart deployment/hubble-relay"

# https://github.com/cilium/cilium/issues/20130, https://github.com/cilium/cilium/issues/21454 and
# https://github.com/cilium/cilium/issues/36070 have these lines.
_PEERS: Final = re.compile(r"Failed to create peer (?:notify )?client for peers synchronization")
_AGENT: Final = re.compile(r"Failed to create gRPC client")
_CONNECTED: Final = re.compile(r'msg="?Connected"?(?:\s|$)|"msg":"Connected"')
_CERTIFICATE: Final = re.compile(
    r"x509|certificate has expired|authentication handshake failed", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r'address"?[=:]"?(?P<address>[0-9a-fA-F.:\[\]]+)')


@check(
    "relay-connected",
    "the relay of Hubble is connected to the agents",
    reads=(RELAY_LOGS, DEPLOYMENTS),
    symptom="hubble status counts fewer nodes than there are, or flows of some nodes are missing",
    answers=("CILIUM-hubble-certificates",),
    links=("https://github.com/cilium/cilium/issues/20130", "https://github.com/cilium/cilium/issues/36070"),
)
def relay_connected(seen: Seen) -> Iterator[Outcome]:
    """The relay connects to port 4244 of every node, and logs each failure and each success.

    A node that goes away leaves such lines too, so only failures after the last success of an address count.
    With a certificate that ran out, or of another authority, all connections fail.
    """
    relay = seen.one(DEPLOYMENTS, "hubble-relay", KUBE_SYSTEM)
    if relay is None:
        yield Skip("the relay is not installed")
        return
    if not at(relay, "status.readyReplicas", 0):
        yield Skip("the relay is not ready: hubble-runs tells more")
        return
    logs = seen.list(RELAY_LOGS)
    if not logs:
        yield Unknown("the logs of the relay are not here")
        return
    failing: list[Evidence] = []
    for log in logs:
        failing += _failing(str(log.get("pod", "")), [str(line) for line in log.get("lines") or ()])
    if not failing:
        yield Fine(f"no failure that stays in the last lines of {counted(len(logs), 'relay')}")
        return
    certificate = any(_CERTIFICATE.search(each.seen) for each in failing)
    cause = ": a certificate ran out, or is of another authority" if certificate else ""
    yield Finding(
        Severity.ERROR if certificate or len(failing) > 1 else Severity.WARNING,
        f"the relay does not reach {len(failing)} of its peers{cause}",
        tuple(failing),
        "# Make new certificates: deploy the release again, or run the CronJob if there is one.\n"
        "kubectl --namespace kube-system create job certificates-now --from cronjob/hubble-generate-certs\n"
        f"kubectl --namespace kube-system rollout restart daemonset/cilium\n{_RESTART}"
        if certificate
        else "# Port 4244 of nodes must be open to pods: security groups, host policies.\n"
        f"kubectl --namespace kube-system get pods --selector k8s-app=cilium --output wide\n{_RESTART}",
    )


def _failing(pod: str, lines: list[str]) -> Iterator[Evidence]:
    """The last failure of each peer that no success follows."""
    last: dict[str, str] = {}
    for line in lines:
        match = _ADDRESS.search(line)
        if _PEERS.search(line):
            last["hubble-peer"] = line
        elif match and _AGENT.search(line):
            last[match["address"]] = line
        elif match and _CONNECTED.search(line):
            last.pop(match["address"], None)
            # The list of peers came from hubble-peer.
            last.pop("hubble-peer", None)
    for peer, line in last.items():
        yield Evidence(f"Pod {KUBE_SYSTEM}/{pod}", f"log about {peer}", line.strip()[:400], "Connected")
