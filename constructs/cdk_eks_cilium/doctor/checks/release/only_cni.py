"""Whether Cilium is the only CNI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import RESTART
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen

_OTHERS: Final = {"kube-flannel", "kube-flannel-ds", "weave-net", "canal", "kube-ovn-cni", "ovnkube-node"}
"""DaemonSets of CNIs that give pods addresses. policy-engines knows what only enforces policies."""

_CHAINING: Final = "cni-chaining-mode"


@check(
    "only-cni",
    "Cilium is the only CNI",
    reads=(DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="some pods get addresses that Cilium does not know, and their policies have no effect",
    links=("https://docs.cilium.io/en/stable/installation/cni-chaining/",),
)
def only_cni(seen: Seen) -> Iterator[Outcome]:
    """Two CNIs on a node race for the file in /etc/cni/net.d that containerd takes.

    In ENI mode Cilium works alone: a chaining mode lets another CNI give out addresses, and prefixes, subnets
    and egress are then not Cilium's. aws-node-runs tells about aws-node.
    """
    sets = seen.list(DAEMON_SETS)
    others = [each for each in sets if name_of(each).partition("/")[2] in _OTHERS]
    others = [each for each in others if at(each, "status.desiredNumberScheduled", 0)]
    if others:
        yield Finding(
            Severity.ERROR,
            f"another CNI runs beside Cilium: {', '.join(map(name_of, others))}",
            tuple(
                Evidence(
                    f"DaemonSet {name_of(each)}",
                    "status.desiredNumberScheduled",
                    str(at(each, "status.desiredNumberScheduled")),
                    "0",
                )
                for each in others
            ),
            "\n".join(_delete(name_of(each)) for each in others)
            + "\n# Then replace the nodes on which it ran.",
        )
    mode = seen.derived(config).get(_CHAINING, "")
    if mode not in ("", "none"):
        yield Finding(
            Severity.ERROR,
            f"Cilium is chained to another CNI: {_CHAINING} is {mode}",
            (Evidence(CONFIG, f"data.{_CHAINING}", mode, "not set"),),
            "# Take cni.chainingMode out of the overrides, and deploy. By hand:\n"
            "kubectl --namespace kube-system patch configmap cilium-config --type json --patch "
            f'\'[{{"op":"remove","path":"/data/{_CHAINING}"}}]\'\n{RESTART}',
        )
    yield Fine(f"{counted(len(sets), 'DaemonSet')}, and Cilium's alone is a CNI")


def _delete(name: str) -> str:
    space, _, short = name.rpartition("/")
    return f"kubectl --namespace {space} delete daemonset {short}"
