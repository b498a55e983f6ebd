"""Deletes the network interfaces that Cilium left behind, when its cluster is destroyed.

Create and Update change nothing; Delete sweeps.
"""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from deadline import Pace
from properties import Properties
from request import Request

#: EC2 allows an account few calls per second.
PACE: Final = Pace(first=1.0, cap=10.0)


def _nothing(request: Request, properties: Properties) -> None:
    """Do nothing: wrong properties were refused before, because a Delete with them would sweep nothing."""


def _sweep(request: Request, properties: Properties) -> dict[str, str]:
    """Sweep; return how many were Deleted and had Vanished, the first LeftAlone, and what holds the group."""
    deadline = request.deadline(pace=PACE)
    # Loading EC2's client takes time, and only this request needs it.
    from ec2 import Ec2, make_ec2
    from sweep import Sweep, listed

    outcome = Sweep(Ec2(make_ec2(), deadline), properties, deadline).run()
    return {
        "Deleted": str(len(outcome.deleted)),
        "Vanished": str(len(outcome.vanished)),
        "LeftAlone": listed(f"{name}: {why}" for name, why in outcome.left.items()),
        "ClusterGroupHeld": listed(outcome.holders),
    }


RESOURCE: Final = CustomResource(
    "eni-sweep",
    read=Properties.of,
    create=_nothing,
    update=_nothing,
    delete=_sweep,
    # A change of them keeps the resource: the Delete of a former one would sweep a cluster in use.
    identity={"VpcId": "unknown", "CiliumClusterName": "unknown"},
)
handler = RESOURCE.handler
