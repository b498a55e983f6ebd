"""Our sweep of network interfaces, few and many, against moto's EC2.

The client of EC2 is loaded when a sweep begins, not when the function starts: a Create or Update has no need
of it. So it counts as run time. A run also has the sweep's own pauses, one or two seconds, whatever it finds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final
from unittest import mock

from bench.function_cost import REGION, Function
from cdk_eks_cilium.lambda_code.folder import function_folder
from rehearsal.aws import Cloud

FEW: Final = 50
MANY: Final = 2_000
_CLUSTER: Final = "bench"
_TAG: Final = "io.cilium/cluster-name"


def name(interfaces: int) -> str:
    """What the report calls a sweep of so many."""
    return f"eni_sweep, {interfaces:,} interfaces"


def functions(cloud: Cloud, *sizes: int) -> list[Function]:
    """The sweep once for each number of interfaces, in a VPC of its own."""
    vpc = cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = cloud.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/16")["Subnet"]["SubnetId"]
    from moto.ec2.models import ec2_backends

    # moto's own records: to make thousands of interfaces over HTTP would take minutes.
    backend = ec2_backends[cloud.environment.account][REGION]

    def left(cluster: str) -> int:
        return sum(backend.tags.get(interface, {}).get(_TAG) == cluster for interface in backend.enis)

    def sweep(size: int) -> Function:
        # A name each, so that neither finds what the other left.
        cluster = f"{_CLUSTER}-{size}"

        def prepare() -> None:
            for _ in range(size):
                backend.create_network_interface(subnet, "10.0.0.9", tags={_TAG: cluster})

        def undone() -> str | None:
            return f"{still} interfaces are still there" if (still := left(cluster)) else None

        event = {
            "RequestType": "Delete",
            "PhysicalResourceId": "bench",
            "ResourceProperties": {"CiliumClusterName": cluster, "VpcId": vpc},
        }
        return Function(name(size), function_folder("eni_sweep"), event, prepare, undone)

    return [sweep(size) for size in sizes]


@contextlib.contextmanager
def quick_tags() -> Iterator[None]:
    """Let moto give an interface's tags without its search through the tags of the whole account."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    def tags(self: Any) -> list[dict[str, str]]:
        own = self.ec2_backend.tags.get(self.id, {})
        return [{"key": key, "value": value, "resource_id": self.id} for key, value in own.items()]

    with mock.patch.object(NetworkInterface, "get_tags", tags):
        yield
