"""Whether each address is in use once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.words import RESTART_OPERATOR, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, PODS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "addresses-used-once",
    "no two pods or nodes have the same address",
    reads=(PODS, CILIUM_NODES),
    symptom="connections to a pod reach another one, or policies treat a pod as another one",
    links=("https://github.com/cilium/cilium/issues/37459",),
)
def addresses_used_once(seen: Seen) -> Iterator[Outcome]:
    """Cilium finds the identity of a peer by its address.

    Two pods with one address, or a pod with the address of a node's router, take each other's traffic and
    rights. The same address on interfaces of two nodes is a leftover in one of the CiliumNodes.
    """
    users: dict[str, list[str]] = defaultdict(list)
    for pod, _, address in seen.derived(pod_index).with_address:
        users[address].append(f"Pod {pod}")
    for node in seen.derived(eni_nodes):
        for part, address in _own(node):
            users[address].append(f"{part} of {node.name}")
    twice = {address: found for address, found in users.items() if len(found) > 1}
    if twice:
        evidence = tuple(
            Evidence(
                each, "address", address, f"an address that {named(o for o in found if o != each)} lacks"
            )
            for address, found in twice.items()
            for each in found
        )
        fix = (
            "# Delete the younger pod of each pair: the new one gets another address.\n"
            "kubectl get pods --all-namespaces --output wide | grep -E '"
            + "|".join(address.replace(".", r"\.") for address in list(twice)[:3])
            + "'"
        )
        yield Finding(
            Severity.ERROR, f"{counted(len(twice), 'address', 'addresses')} in use twice", evidence, fix
        )
    shared = _shared(seen.derived(eni_nodes))
    if shared:
        evidence = tuple(
            Evidence(f"CiliumNode {name}", "status.eni.enis", address, f"on {names[0]} alone")
            for address, names in shared.items()
            for name in names
        )
        fix = (
            "# EC2 knows which instance has it:\n"
            "aws ec2 describe-network-interfaces --filters "
            f"Name=addresses.private-ip-address,Values={next(iter(shared))}\n"
            f"# Then restart the operator, which reads all interfaces again:\n{RESTART_OPERATOR}"
        )
        yield Finding(
            Severity.ERROR,
            f"{counted(len(shared), 'address', 'addresses')} on interfaces of two nodes",
            evidence,
            fix,
        )
    if not twice and not shared:
        yield Fine(counted(len(users), "address", "addresses"))


def _others(own: str, users: list[str]) -> str:
    return named(each for each in users if each != own)


def _own(node: EniNode) -> Iterator[tuple[str, str]]:
    for each in at(node.object, "spec.addresses") or ():
        if each.get("type") == "CiliumInternalIP" and ":" not in str(each.get("ip", ":")):
            yield "the router", each["ip"]
    for part, path in (("the health endpoint", "spec.health.ipv4"), ("the proxy", "spec.ingress.ipv4")):
        if address := at(node.object, path):
            yield part, address


def _shared(nodes: Iterable[EniNode]) -> Mapping[str, list[str]]:
    names: dict[str, str] = {}
    shared: dict[str, list[str]] = {}
    for node in nodes:
        for interface in node.interfaces:
            # An address of a prefix is shared where the prefix is: one of them is enough.
            for address in (interface.own, *interface.prefixes, *interface.singles):
                first = names.setdefault(address, node.name)
                if address and first != node.name:
                    shared.setdefault(address, [first]).append(node.name)
    return shared
