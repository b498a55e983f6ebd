"""What the operator of the healthy cluster says: its lease, its log and its metrics."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.facts import NODES, SYSTEM
from tests.unit.doctor.world import Thing, thing

# Lines as operators write them: https://github.com/cilium/cilium/issues/42092.
_SOURCE = "source=/go/src/github.com/cilium/cilium/pkg/aws/eni/instances.go:173"
_MODULE = "module=operator.operator-controlplane.leader-lifecycle.legacy-cell subsys=eni"
LINES = [
    f'time=2026-11-30T11:5{minute}:01.271607635Z level=info {_SOURCE} msg="Synchronized ENI information" '
    f"{_MODULE} numInstances=3 numVPCs=1 numSubnets=4 numRouteTables=3 numSecurityGroups=2"
    for minute in range(8)
]
METRICS = """\
# HELP cilium_operator_ec2_api_duration_seconds Duration of interactions with API
# TYPE cilium_operator_ec2_api_duration_seconds histogram
cilium_operator_ec2_api_duration_seconds_bucket{operation="DescribeSubnets",response_code="OK",le="0.5"} 39
cilium_operator_ec2_api_duration_seconds_sum{operation="DescribeSubnets",response_code="OK"} 4.2
cilium_operator_ec2_api_duration_seconds_count{operation="DescribeSubnets",response_code="OK"} 40
cilium_operator_ec2_api_duration_seconds_count{operation="CreateNetworkInterface",response_code="OK"} 3
# TYPE cilium_operator_ipam_allocation_duration_seconds histogram
cilium_operator_ipam_allocation_duration_seconds_count{status="success",subnet_id="s",type="allocateIP"} 3
# TYPE cilium_operator_ipam_nodes gauge
cilium_operator_ipam_nodes{category="at-capacity"} 0
cilium_operator_ipam_nodes{category="in-deficit"} 0
cilium_operator_ipam_nodes{category="total"} 3
"""


def operator() -> dict[Any, list[Thing]]:
    return {
        kinds.KUBE_SYSTEM_LEASES: [
            thing(
                kinds.KUBE_SYSTEM_LEASES,
                "cilium-operator-resource-lock",
                SYSTEM,
                spec={
                    "holderIdentity": f"{NODES[0][0]}-JiNhCkOAFs",
                    "leaseDurationSeconds": 15,
                    "renewTime": "2026-11-30T11:59:57.412345Z",
                },
            )
        ],
        kinds.OPERATOR_LOGS: [
            {"pod": "cilium-operator-0", "lines": list(LINES)},
            {"pod": "cilium-operator-1", "lines": []},
        ],
        kinds.OPERATOR_METRICS: [{"pod": "cilium-operator-0", "text": METRICS}],
    }
