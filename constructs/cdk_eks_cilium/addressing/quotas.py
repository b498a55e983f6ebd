"""The AWS quotas that limit a growing plan, and which of them binds first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.problems import Problem, did_you_mean, refuse

from .node_take import Take
from .plan_model import CapacityPlan
from .vpc_blocks import DEFAULT_BLOCK_QUOTA, LARGEST_BLOCK_QUOTA

_VPC_QUOTAS: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"


@dataclass(frozen=True)
class Quota:
    """A quota of AWS.

    Attributes:
        name: Its name.
        default: Its value unless AWS has raised it.
        maximum: The most that AWS raises it to, None where AWS publishes no limit.
        source: The page of AWS with these numbers.
    """

    name: str
    default: int
    maximum: int | None
    source: str


# belief: EC2-quotas
CIDR_BLOCKS: Final = Quota(
    "IPv4 CIDR blocks per VPC",
    DEFAULT_BLOCK_QUOTA,
    LARGEST_BLOCK_QUOTA,
    f"{_VPC_QUOTAS}#vpc-limits-vpcs-subnets",
)
"""Including the primary range."""

SUBNETS: Final = Quota("Subnets per VPC", 200, None, f"{_VPC_QUOTAS}#vpc-limits-vpcs-subnets")

INTERFACES: Final = Quota("Network interfaces per Region", 5_000, None, f"{_VPC_QUOTAS}#vpc-limits-enis")
"""All interfaces of an account in a Region, in all its VPCs."""

ELASTIC_IPS: Final = Quota("Elastic IP addresses per Region", 5, None, f"{_VPC_QUOTAS}#vpc-limits-eips")
"""Of an account in a Region, for all its VPCs: a public NAT gateway takes one."""

# belief: EC2-address-usage-of-prefixes
ADDRESS_USAGE: Final = Quota(
    "Network Address Usage of a VPC",
    64_000,
    256_000,
    "https://docs.aws.amazon.com/vpc/latest/userguide/network-address-usage.html",
)
"""One unit for each address, each prefix of any size and each further interface of an instance.

AWS also lists "Amazon EKS pod" with one unit, and does not define which pods. The address of a Cilium pod is
part of a prefix or assigned to an interface, and counts there.
"""

PEERED_ADDRESS_USAGE: Final = Quota(
    "Network Address Usage of a VPC and those peered with it in the Region",
    128_000,
    512_000,
    "https://docs.aws.amazon.com/vpc/latest/userguide/network-address-usage.html",
)

ADDRESSES_PER_INTERFACE: Final = Quota(
    "IPv4 addresses or prefixes per network interface",
    64,
    64,
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html",
)
"""The most that any type has; the table of instance types has each type's own number, from 2 up."""

QUOTAS: Final = (
    CIDR_BLOCKS,
    SUBNETS,
    ELASTIC_IPS,
    INTERFACES,
    ADDRESS_USAGE,
    PEERED_ADDRESS_USAGE,
    ADDRESSES_PER_INTERFACE,
)
"""All quotas. The quota of an interface limits the pods of a node, not the nodes: it is part of max pods."""


@dataclass(frozen=True)
class QuotaUse:
    """How much of a quota a plan uses.

    Attributes:
        quota: The quota.
        used: What the plan at maximum size and the rest of the account use.
        nodes: Nodes at which it binds when all groups grow in proportion, None where nodes do not use it.
    """

    quota: Quota
    used: int
    nodes: int | None

    @property
    def value(self) -> int:
        """The value that applies unless AWS has raised it."""
        return self.quota.default

    @property
    def exceeded(self) -> bool:
        """Whether the plan needs more than the value."""
        return self.used > self.value


def address_usage(take: Take, nodes: int) -> int:
    """Return the Network Address Usage of nodes, in units.

    Each node has an address of its own, on its primary interface, which counts no further unit.
    """
    return nodes + take.prefixes + take.singles + 2 * take.interfaces


def quota_uses(
    plan: CapacityPlan, *, used: Mapping[str, int] | None = None, cidr_blocks: int = 1, elastic_ips: int = 0
) -> tuple[QuotaUse, ...]:
    """Return how much of each quota a plan uses; the quota that binds at the fewest nodes comes first.

    Args:
        used: What else uses a quota, by its name: interfaces of other VPCs, load balancers, endpoints.
        cidr_blocks: CIDR blocks of the pod subnets, without the primary range.
        elastic_ips: Elastic IPs of the NAT gateways.

    Raises:
        InputError: If a name is not the name of a quota in `QUOTAS`.
    """
    used = used or {}
    names = {quota.name for quota in QUOTAS}
    refuse(
        Problem("used", "must name quotas of QUOTAS", name, did_you_mean(name, names), id="CEK3053")
        for name in sorted(used.keys() - names)
    )
    nodes, take = plan.nodes_maximum, plan.take_maximum
    units = address_usage(take, nodes)
    # Each node also has its primary interface.
    by_nodes = {INTERFACES: take.interfaces + nodes, ADDRESS_USAGE: units, PEERED_ADDRESS_USAGE: units}
    fixed = {CIDR_BLOCKS: 1 + cidr_blocks, SUBNETS: len(plan.subnets), ELASTIC_IPS: elastic_ips}
    uses = []
    for quota, amount in {**by_nodes, **fixed}.items():
        besides, binds = used.get(quota.name, 0), None
        if quota in by_nodes and amount:
            binds = max(0, quota.default - besides) * nodes // amount
        uses.append(QuotaUse(quota, amount + besides, binds))
    return tuple(sorted(uses, key=lambda use: (use.nodes is None, use.nodes or 0)))
