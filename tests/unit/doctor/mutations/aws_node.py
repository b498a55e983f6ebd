"""aws-node and kube-proxy come back."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.world import World, thing


def _aws_node(world: World) -> None:
    spec = {"template": {"spec": {"containers": [{"name": "aws-node", "image": "aws-node:v1.21.1"}]}}}
    status = {"numberReady": 3, "desiredNumberScheduled": 3}
    world.add(
        kinds.DAEMON_SETS, thing(kinds.DAEMON_SETS, "aws-node", "kube-system", spec=spec, status=status)
    )


MUTATIONS = (
    Mutation(
        "aws-node is installed again",
        _aws_node,
        ("aws-node-runs",),
        (
            "aws-node runs on 3 of 3 nodes",
            "aws eks delete-addon --cluster-name platform --addon-name vpc-cni",
        ),
    ),
)
