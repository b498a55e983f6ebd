"""How to go back from a step, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.values.upgrade import Step
from cdk_eks_cilium.versions.kubernetes import minor_of

from .command_names import CommandNames
from .route import Stop

_SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html"


def of_cilium(before: Stop, after: Stop, reading: Step) -> Iterator[str]:
    """Yield how Cilium goes back."""
    yield from (f"{note.text} ({note.source})" for note in reading.notes if note.kind == "one-way")
    if before.cilium.minor == after.cilium.minor:
        yield f"set cilium.version to {before.cilium} again and deploy"
    else:
        yield (
            f"set cilium.version to {before.cilium} again and deploy, before features of "
            f"{after.cilium.minor} are in use; read it first: "
            f"cdk-eks-cilium values --diff {after.cilium} {before.cilium}"
        )


# belief: EKS-version-rollback
def of_kubernetes(before: Stop, after: Stop, way: Sequence[Stop], names: CommandNames) -> Iterator[str]:
    """Yield how Kubernetes goes back, and which later step of the way closes that."""
    yield (
        f"within seven days EKS goes back to {before.kubernetes}, node groups first, by "
        f"update-nodegroup-version; then: aws eks update-cluster-version --name {names.cluster} "
        f"--kubernetes-version {before.kubernetes}; then set kubernetes_version to it ({_SOURCE})"
    )
    if blocking := _closing(before, way):
        oldest = blocking.cilium.tested_kubernetes[0]
        yield (
            f"Cilium {blocking.cilium}, a later step, is tested from Kubernetes {oldest} on: make that step "
            "after the seven days, or take it back first"
        )
    later = [stop for stop in way if minor_of(stop.kubernetes) > minor_of(after.kubernetes)]
    if later:
        yield f"the next update of Kubernetes, to {later[0].kubernetes}, ends this way back"


def _closing(before: Stop, way: Sequence[Stop]) -> Stop | None:
    """The first later state whose Cilium is not tested with the Kubernetes before this step."""
    minor = minor_of(before.kubernetes)
    return next(
        (
            stop
            for stop in way
            if minor_of(stop.kubernetes) > minor
            and minor_of(stop.cilium.tested_kubernetes[0]) > minor
            and stop.cilium != before.cilium
        ),
        None,
    )
