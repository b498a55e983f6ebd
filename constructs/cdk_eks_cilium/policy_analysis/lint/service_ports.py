"""A lint about ports of Services in place of the pods' ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.policy.model.ports import PortProtocol
from cdk_eks_cilium.policy_analysis.services.remarks import services_with
from cdk_eks_cilium.policy_analysis.workloads import Workload

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, listed


@lint(
    "CNP051",
    "Ports are the pods' own, and not a Service's",
    "warning",
    "Cilium judges a connection after the Service's port has become the pod's: a rule for the Service's port "
    "opens a port where nobody listens, and leaves the pod's shut.",
    "https://github.com/cilium/cilium/issues/48141",
)
def _ports_of_pods(context: LintContext) -> Iterator[Hit]:
    index = context.index
    if index is None:
        return
    for view in context.items("ingress", "egress"):
        receivers = view.of.pods if view.direction == "ingress" else context.pods_meant(view)
        pods = [pod for pod in index.of(receivers) if receivers]
        # Pods that name no port listen anywhere.
        if not pods or not all(pod.numbers for pod in pods):
            continue
        for at, port in _ports(view):
            if meant := _meant(port, pods, context):
                yield view.spot.at(at).hit(
                    "must be a port that the pods listen on, and this is a Service's",
                    f"write {' or '.join(sorted({str(number) for _, number in meant}))}",
                    got=f"{port.port}, the port of Service {listed(sorted({name for name, _ in meant}))}",
                )


def _ports(view: ItemView) -> Iterator[tuple[str, PortProtocol]]:
    for index, rule in enumerate(view.item.to_ports or ()):
        for number, port in enumerate(getattr(rule, "ports", None) or ()):
            if _number(port) and not port.end_port:
                yield f"toPorts[{index}].ports[{number}]", port


def _number(port: PortProtocol) -> int:
    """The number of a port; 0 for a name, and for every port."""
    return int(port.port) if port.port and port.port.isdecimal() else 0


def _meant(port: PortProtocol, pods: Sequence[Workload], context: LintContext) -> set[tuple[str, int]]:
    """The Services whose port it is, each with the port of the pods; empty if some pod listens on it."""
    number = _number(port)
    protocols = (port.protocol,) if port.protocol in ("TCP", "UDP", "SCTP") else ("TCP", "UDP", "SCTP")
    if any((protocol, number) in pod.numbers for pod in pods for protocol in protocols):
        return set()
    return {
        found
        for pod in pods
        for protocol in protocols
        for found in services_with(pod, protocol, number, context.around.inventory)
    }
