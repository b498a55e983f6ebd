"""What runs, and whether an upgrade can begin from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.kubernetes import RELEASES, find, minor_of

_OLDEST_KUBELET = 3
"""Minors that a kubelet may be behind: https://kubernetes.io/releases/version-skew-policy/#kubelet."""


@dataclass(frozen=True)
class Deployed:
    """A cluster as it runs.

    Attributes:
        cilium: The release of its agents.
        kubernetes: The minor of its control plane, ``1.34``.
        kubelets: The minors of its nodes; empty if nobody looked.
        agents: Every release that some agent runs; more than one while a roll-out goes on.
    """

    cilium: CiliumVersion
    kubernetes: str
    kubelets: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    def hindrances(self) -> Iterator[Problem]:
        """Yield why an upgrade must not begin: a former step has not ended."""
        if len(set(self.agents)) > 1:
            rule = f"must run one release on every node, got {' and '.join(sorted(set(self.agents)))}"
            yield Problem("cilium", rule, fix="end the roll-out first: cilium status --wait", id="CEK6200")
        behind = sorted({each for each in self.kubelets if each != self.kubernetes}, key=minor_of)
        if behind:
            # UpdateClusterVersion: the versions of node groups must be the cluster's.
            # https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html
            rule = f"must run Kubernetes {self.kubernetes} as the control plane, got {', '.join(behind)}"
            fix = "update the node groups first; EKS updates no control plane ahead of them"
            yield Problem("nodes", rule, fix=fix, id="CEK6201")

    def too_old(self) -> Iterator[str]:
        """Yield which nodes the control plane no longer supports."""
        for each in sorted(set(self.kubelets), key=minor_of):
            if minor_of(self.kubernetes) - minor_of(each) > _OLDEST_KUBELET:
                yield f"kubelets {each} are more than {_OLDEST_KUBELET} minors behind {self.kubernetes}"


def goal_problems(deployed: Deployed, cilium: CiliumVersion, kubernetes: str) -> Iterator[Problem]:
    """Yield why nothing leads to a goal."""
    if find(kubernetes) is None:
        known = f"{RELEASES[0].number} to {RELEASES[-1].number}"
        rule = f"must be a release of EKS known here, {known}"
        yield Problem("--kubernetes", rule, kubernetes, id="CEK6202")
        return
    back = minor_of(deployed.kubernetes) - minor_of(kubernetes)
    if back > 0:
        # https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html
        fix = (
            "within seven days of the update EKS goes back one minor: node groups first, then "
            f"aws eks update-cluster-version --name CLUSTER --kubernetes-version {kubernetes}"
            if back == 1
            else f"make a new cluster of {kubernetes} beside this one"
        )
        rule = f"must not be older than what runs, {deployed.kubernetes}"
        yield Problem("--kubernetes", rule, kubernetes, fix, id="CEK6203")
    if cilium < deployed.cilium and back < 0:
        rule = f"must not be older than what runs, {deployed.cilium}, while Kubernetes gets newer"
        yield Problem("--to", rule, str(cilium), "plan the two apart", id="CEK6204")
