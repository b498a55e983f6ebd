"""Deletes the network interfaces that Cilium left behind, when its cluster is destroyed.

Create and Update change nothing; Delete sweeps.
"""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from deadline import Pace
from properties import Properties
from request import Request

#: EC2 refills an account's calls slowly.
PACE: Final = Pace(first=1.0, cap=10.0)


def _nothing(request: Request, properties: Properties) -> None:
    """Reading the properties was all: a Delete with wrong ones sweeps nothing, so they are refused here."""


def _sweep(request: Request, properties: Properties) -> dict[str, str]:
    """Sweep; say how many were Deleted, how many had Vanished, and the first of those LeftAlone, and why."""
    deadline = request.deadline(pace=PACE)
    # EC2's client takes its time to load, and the other requests need none.
    from ec2 import Ec2, make_ec2
    from sweep import Sweep, listed

    outcome = Sweep(Ec2(make_ec2(), deadline), properties, deadline).run()
    return {
        "Deleted": str(len(outcome.deleted)),
        "Vanished": str(len(outcome.vanished)),
        "LeftAlone": listed(f"{name}: {why}" for name, why in outcome.left.items()),
    }


RESOURCE: Final = CustomResource(
    "eni-sweep",
    read=Properties.of,
    create=_nothing,
    update=_nothing,
    delete=_sweep,
    # No change of them makes another resource: its Delete would sweep a cluster that is in use.
    identity={"VpcId": "unknown", "CiliumClusterName": "unknown"},
)
handler = RESOURCE.handler
