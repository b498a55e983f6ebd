"""The range that Kubernetes gives Services their addresses from, and EKS's rules for it.

EKS takes it when it creates the cluster, and never changes it. `serviceIpv4Cidr` has the rules:
https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.problems.looked_up import awaits_lookup

from .vpc_blocks import cidr_problems, free_blocks

# belief: EKS-service-range
DEFAULT_SERVICE_CIDR: Final = "172.20.0.0/16"
"""Written into the template, so that the boot data of nodes can name the address of the cluster's DNS.

EKS itself would take this range or 10.100.0.0/16, by a rule that its documentation does not state.
"""

_LARGEST: Final = 12
_SMALLEST: Final = 24
_PRIVATE: Final = tuple(IPv4Network(block) for block in ("172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16"))
# The ranges that EKS itself takes come first.
_USUAL: Final = (DEFAULT_SERVICE_CIDR, "10.100.0.0/16")


def service_range_problems(
    where: str, service_cidr: str, taken: Iterable[tuple[str, str]] = ()
) -> Iterator[Problem]:
    """Yield why EKS cannot take a range for Services, or why other hosts would be out of reach.

    Nodes translate every address of the range to a pod, so they reach nothing else that has such an address.

    Args:
        service_cidr: The range, or a stand-in for a range to look up, which is valid so far.
        taken: Valid ranges, or such stand-ins, with whose they are: ``("10.0.0.0/16", "the primary range of
            the VPC")``.
    """
    if awaits_lookup(service_cidr):
        return
    malformed = cidr_problems(
        where, service_cidr, shortest=_LARGEST, longest=_SMALLEST, example=DEFAULT_SERVICE_CIDR
    )
    yield from malformed
    if malformed:
        return
    network, others = IPv4Network(service_cidr), [each for each in taken if not awaits_lookup(each[0])]
    fix = _proposal(network.prefixlen, [block for block, _ in others])
    if not any(network.subnet_of(block) for block in _PRIVATE):
        rule = "must be inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        yield Problem(where, rule, service_cidr, fix, id="CEK3070")
    for block, whose in others:
        if network.overlaps(IPv4Network(block)):
            yield Problem(where, f"must not overlap {block}, {whose}", service_cidr, fix, id="CEK3071")


# belief: EKS-service-addresses
def cluster_dns_address(service_cidr: str) -> str:
    """Return the address of the cluster's DNS: the tenth after the first of the range.

    EKS gives the Service kube-dns this address, and its images for nodes work it out like this:
    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/api/net.go.
    """
    return str(IPv4Network(service_cidr)[10])


def _proposal(length: int, taken: list[str]) -> str:
    """Return a fix that names a free range: one that EKS would take itself, or one of the same size."""
    ours = [IPv4Network(block) for block in taken]
    for usual in _USUAL:
        if not any(IPv4Network(usual).overlaps(block) for block in ours):
            return f"take '{usual}'"
    for space in _PRIVATE:
        if length >= space.prefixlen and (free := free_blocks(str(space), length, 1, taken)):
            return f"take '{free[0]}'"
    return "choose a free private range"
