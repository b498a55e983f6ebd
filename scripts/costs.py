"""The tables of docs/costs.md: list prices, and what the resources of settings cost an hour by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.schema_words import table
from scripts.synthesis import Templates, variant

HOURS: Final = 730
"""The hours of a month, as AWS counts them."""

_VARIANTS: Final = {
    "default": "{}",
    "one NAT gateway": '{"network": {"nat_gateways": 1}}',
    "six nodes": '{"node_groups": [{"name": "workers", "min_size": 6}]}',
}
_PARTS: Final = {
    "EKS cluster": "AWS::EKS::Cluster",
    "NAT gateway": "AWS::EC2::NatGateway",
    "Public IPv4 address": "AWS::EC2::EIP",
    "KMS key": "AWS::KMS::Key",
}
"""What is billed by the hour or the month, by its type."""

_PER_HOUR: Final = {"hour": 1.0, "month": 1 / HOURS, "GiB and month": 1 / HOURS}


@dataclass(frozen=True)
class Price:
    """A price with its source, as in prices.yaml."""

    price: float
    unit: str
    source: str
    seen: str
    where: str = ""

    @property
    def hourly(self) -> float:
        """USD for one piece and one hour."""
        return self.price * _PER_HOUR[self.unit]


@cache
def prices() -> dict[str, Price]:
    """The prices by what they are for."""
    text = Path(__file__).with_name("prices.yaml").read_text(encoding="utf-8")
    return {
        name: Price(**{**found, "seen": str(found["seen"])}) for name, found in yaml.safe_load(text).items()
    }


def pieces(templates: Templates) -> dict[str, float]:
    """How much of each thing the templates make when they are deployed: pieces, or GiB of volumes."""
    resources = [*templates.network["Resources"].values(), *templates.cluster["Resources"].values()]
    found: dict[str, float] = {
        name: sum(each["Type"] == kind for each in resources) for name, kind in _PARTS.items()
    }
    for instance, nodes, gibibytes in _nodes(templates.cluster["Resources"]):
        found[instance] = found.get(instance, 0) + nodes
        found["EBS gp3"] = found.get("EBS gp3", 0) + nodes * gibibytes
    return found


def _nodes(resources: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """The instance type, number and GiB of volumes of the nodes of each group."""
    for group in resources.values():
        if group["Type"] == "AWS::EKS::Nodegroup":
            count, _ = group["Properties"]["ScalingConfig"]["DesiredSize"]["Fn::GetAtt"]
            launch = resources[group["Properties"]["LaunchTemplate"]["Id"]["Ref"]]["Properties"]
            volumes = launch["LaunchTemplateData"]["BlockDeviceMappings"]
            yield (
                group["Properties"]["InstanceTypes"][0],
                resources[count]["Properties"]["Group"]["ScalingConfig"]["DesiredSize"],
                sum(volume["Ebs"]["VolumeSize"] for volume in volumes),
            )


def hourly_table() -> str:
    """What the default costs, by resource, and settings that differ from it."""
    counted = {name: pieces(variant(given)) for name, given in _VARIANTS.items()}
    default = counted["default"]
    rows = [
        [
            f"{name} ({count:g} GiB)" if name == "EBS gp3" else f"{name} ({count:g})",
            *(f"{each[name] * prices()[name].hourly:.4f}" for each in counted.values()),
        ]
        for name, count in default.items()
    ]
    totals = [sum(count * prices()[name].hourly for name, count in each.items()) for each in counted.values()]
    rows.append(["**An hour**", *(f"**{total:.2f}**" for total in totals)])
    rows.append([f"**A month of {HOURS} hours**", *(f"**{total * HOURS:,.0f}**" for total in totals)])
    return table(["USD an hour", *counted], rows)


def prices_table() -> str:
    """Every price with its source."""
    rows = []
    for name, price in prices().items():
        copy = f", read in [a copy]({price.where})" if price.where else ""
        rows.append([name, f"{price.price:g}", price.unit, f"[AWS]({price.source}){copy}", price.seen])
    return table(["What", "USD", "per", "Source", "Seen"], rows)
