"""Draw the deployment of the default settings, and its order, from the settings and their templates."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from cdk_eks_cilium.addressing import pod_subnet_cidrs
from cdk_eks_cilium.cli.pictures.svg import GREY, INK, Picture
from cdk_eks_cilium.settings import Settings, node_addressing, primary_interface
from scripts import deploy_order
from scripts.synthesis import Templates

WIDTH, HEIGHT = 1200, 890

_ZONE_LEFT, _ZONE_WIDTH, _ZONE_GAP = 190, 222, 12
_PUBLIC, _NODE, _POD = (178, 72), (264, 128), (408, 128)
_NODE_BOX: Final = _NODE[0] + 44
"""Top and height of the three rows of subnets, top of the nodes, which reach into two of them."""

_GREEN: Final = ("#e6f4ea", "#57a773")
_BLUE: Final = ("#e7f0fb", "#5b8fd6")
_VIOLET: Final = ("#f1eafc", "#8d6bcf")
_CHIP: Final = ("#ffffff", "#8c959f")
_EGRESS: Final = "#c2560c"
_NATIVE: Final = "#6639ba"

_TRAFFIC: Final = (
    (_EGRESS, "pod to internet: SNAT to"),
    ("", "eth0's address, then NAT"),
    (_NATIVE, "pod to pod: own address,"),
    ("", "routed by the VPC, filtered"),
    ("", "by Cilium's policies"),
)
_CONTROL_PLANE: Final = (
    "interfaces in the node subnets",
    "API inside the VPC, and from",
    "{public}",
    "aws-node gone before any node",
)
_OPERATOR: Final = (
    "runs on the nodes, with an IAM",
    "role of its own (IRSA)",
    "attaches eth1 in pod subnets",
    "gives it /28 prefixes, each of",
    "16 pod addresses",
)


def draw(settings: Settings, templates: Templates) -> str:
    """The picture as SVG text.

    Args:
        settings: A new VPC with egress ``node``, in at most three zones.
        templates: The templates of *settings*.

    Raises:
        ValueError: If the settings are of another kind, or the templates do not hold the order.
    """
    zones = settings.network.availability_zones
    if settings.network.existing or settings.cilium.egress != "node" or len(zones) > 3:
        raise ValueError("the picture is of a new VPC with egress 'node', in at most three zones")
    deploy_order.check()
    picture = Picture(WIDTH, HEIGHT, "What one deploy makes, and in which order")
    _headline(picture, settings)
    _vpc(picture, settings)
    for index, zone in enumerate(zones):
        _subnets(picture, settings, templates, index, zone)
    group = settings.node_groups[0]
    for index, zone in enumerate(zones):
        _node(picture, settings, index, zone, placed=index < group.initial_size)
    _paths(picture, min(group.initial_size, len(zones)))
    _side(picture, settings)
    _order(picture)
    return picture.render()


def _zone_left(index: int) -> float:
    return _ZONE_LEFT + index * (_ZONE_WIDTH + _ZONE_GAP)


def _headline(picture: Picture, settings: Settings) -> None:
    group = settings.node_groups[0]
    types = ", ".join(group.instance_types)
    pods = node_addressing(settings).max_pods(group.instance_types)
    picture.text(32, 44, "EKS whose only CNI is Cilium, pods on a secondary CIDR", size=20, bold=True)
    summary = (
        f"The default settings: Kubernetes {settings.kubernetes_version}, Cilium {settings.cilium.version}, "
        f"{settings.region}, {group.initial_size} {types} with {group.image}, {pods} pods a node"
    )
    picture.text(32, 68, summary, colour=GREY)


def _vpc(picture: Picture, settings: Settings) -> None:
    network = settings.network
    picture.box(286, 92, 486, 28, fill="#f6f8fa", stroke="#8c959f", radius=14)
    picture.text(529, 111, "internet", middle=True, bold=True)
    picture.box(32, 138, 862, 412, fill="#fbfcfd", stroke="#8c959f", radius=10)
    picture.text(48, 164, "VPC", bold=True, size=15)
    for top, name, block, colour in (
        (_PUBLIC[0], "primary CIDR", network.vpc_cidr, _BLUE[1]),
        (_POD[0], "secondary CIDR", network.pod_cidr, _VIOLET[1]),
    ):
        bottom = _NODE[0] + _NODE[1] if top == _PUBLIC[0] else _POD[0] + _POD[1]
        bracket = [(180, top + 2), (174, top + 2), (174, bottom - 2), (180, bottom - 2)]
        picture.line(bracket, colour=colour, arrow=False)
        middle = (top + bottom) / 2
        picture.text(48, middle - 4, name, bold=True)
        picture.text(48, middle + 14, block, mono=True, size=12)


def _subnet_cidr(templates: Templates, zone: str, name: str) -> str:
    """The range CDK gave to the subnet of a zone."""
    for logical_id, resource in templates.network["Resources"].items():
        properties = resource.get("Properties", {})
        kind = resource["Type"] == "AWS::EC2::Subnet"
        if kind and name in logical_id and properties["AvailabilityZone"] == zone:
            return str(properties["CidrBlock"])
    raise ValueError(f"the template has no {name} in {zone}")


def _subnets(picture: Picture, settings: Settings, templates: Templates, index: int, zone: str) -> None:
    left = _zone_left(index)
    picture.text(left + 10, 166, zone, bold=True, colour=GREY)
    pods = pod_subnet_cidrs(settings.network.pod_cidr, settings.network.availability_zones)[zone]
    if pods != _subnet_cidr(templates, zone, "PodSubnets"):
        raise ValueError(f"the pod subnet of {zone} is not {pods} in the template")
    public = _subnet_cidr(templates, zone, "VpcPublicSubnet")
    rows = (
        (_PUBLIC, "public subnet", public, _GREEN, (10, 32), (10, 51)),
        (_NODE, "node subnet", _subnet_cidr(templates, zone, "VpcNodeSubnet"), _BLUE, (10, 18), (10, 35)),
        (_POD, "pod subnet", pods, _VIOLET, (10, _POD[1] - 11), (104, _POD[1] - 11)),
    )
    for (top, height), name, block, (fill, stroke), name_at, block_at in rows:
        picture.box(left, top, _ZONE_WIDTH, height, fill=fill, stroke=stroke)
        picture.text(left + name_at[0], top + name_at[1], name, size=12, bold=True)
        picture.text(left + block_at[0], top + block_at[1], block, size=11.5, mono=True)
    picture.box(left + 112, _PUBLIC[0] + 23, 98, 26, fill=_CHIP[0], stroke=_GREEN[1])
    picture.text(left + 161, _PUBLIC[0] + 40, "NAT gateway", size=12, middle=True)


def _node(picture: Picture, settings: Settings, index: int, zone: str, *, placed: bool) -> None:
    """A node reaches into two subnets: its own with eth0, the pods' with eth1."""
    left, top = _zone_left(index) + 18, _NODE_BOX
    width, height = _ZONE_WIDTH - 36, 190
    stroke = INK if placed else _CHIP[1]
    picture.box(left, top, width, height, fill=_CHIP[0], stroke=stroke, dashed=not placed)
    group = settings.node_groups[0]
    if not placed:
        picture.text(left + width / 2, top + 78, "the next node", middle=True, colour=GREY)
        picture.text(left + width / 2, top + 98, f"(up to {group.max_size} in all)", middle=True, colour=GREY)
        return
    picture.text(left + 12, top + 22, "node", bold=True)
    picture.text(left + 54, top + 22, group.name, size=12, colour=GREY)
    _chip(picture, left + 12, top + 34, f"{primary_interface(group)}  node's address", _BLUE[1])
    picture.text(left + 12, top + 88, "Cilium agent", size=12, colour=GREY)
    for number in range(5):
        picture.circle(left + 22 + number * 19, top + 122, 7, fill=_VIOLET[0], stroke=_VIOLET[1])
    picture.text(left + 116, top + 126, "pods", size=12)
    block = pod_subnet_cidrs(settings.network.pod_cidr, settings.network.availability_zones)[zone]
    # The first prefix of a subnet holds the addresses that AWS keeps, so a node never gets it.
    prefix = list(ipaddress.IPv4Network(block).subnets(new_prefix=28))[1]
    _chip(picture, left + 12, top + 146, f"eth1  {prefix}", _VIOLET[1])


def _chip(picture: Picture, x: float, y: float, text: str, stroke: str) -> None:
    picture.box(x, y, 150, 26, fill=_CHIP[0], stroke=stroke)
    picture.text(x + 8, y + 17, text, size=11, mono=True)


def _paths(picture: Picture, nodes: int) -> None:
    """Out of the VPC through eth0 and NAT; between pods through eth1."""
    top = _NODE_BOX
    for index in range(nodes):
        left = _zone_left(index)
        right = left + _ZONE_WIDTH - 28
        out = [(left + 168, top + 122), (right, top + 122), (right, top + 47), (left + 181, top + 47)]
        picture.line(out, colour=_EGRESS)
        picture.line([(left + 168, top + 34), (left + 168, _PUBLIC[0] + 50)], colour=_EGRESS)
        picture.line([(left + 168, _PUBLIC[0] + 23), (left + 168, 121)], colour=_EGRESS)
    for index in range(nodes - 1):
        start, end = _zone_left(index) + 180, _zone_left(index + 1) + 30
        picture.line([(start, top + 159), (end, top + 159)], colour=_NATIVE, both=True)


def _side(picture: Picture, settings: Settings) -> None:
    """The parts outside the subnets, and the meaning of the lines."""
    left, width = 914, 262
    public = ", ".join(settings.endpoint_access.public_cidrs) or "nobody"
    boxes = (
        (92, 146, "Traffic", _TRAFFIC),
        (258, 130, "EKS control plane", [("", text.format(public=public)) for text in _CONTROL_PLANE]),
        (408, 142, "cilium-operator", [("", text) for text in _OPERATOR]),
    )
    for top, height, title, lines in boxes:
        picture.box(left, top, width, height, fill="#f6f8fa", stroke="#8c959f")
        picture.text(left + 14, top + 24, title, bold=True)
        _lines(picture, left + 14, top + 47, lines)
    zone_right = _zone_left(len(settings.network.availability_zones) - 1) + _ZONE_WIDTH
    for y, colour in ((_NODE[0] + 14, _BLUE[1]), (_POD[0] + 117, _VIOLET[1])):
        picture.line([(left, y), (zone_right + 1, y)], colour=colour, dashed=True)


def _lines(picture: Picture, x: float, y: float, lines: Sequence[tuple[str, str]]) -> None:
    key = any(colour for colour, _ in lines)
    for number, (colour, text) in enumerate(lines):
        base = y + number * 20
        if colour:
            picture.line([(x, base - 4), (x + 26, base - 4)], colour=colour)
        picture.text(x + 36 if key else x, base, text, size=12.5)


def _order(picture: Picture) -> None:
    """The chain of the deploy in two rows, with the operator's role as a branch."""
    picture.text(32, 592, "Order of the deploy", bold=True, size=16)
    order = "each step waits for the one before, by the template itself; destroy runs backwards"
    picture.text(226, 592, order, colour=GREY)
    width, height, gap = 196, 52, 39
    number = 0
    for row, keys in enumerate(deploy_order.CHAIN):
        top = 614 + row * 104
        for column, key in enumerate(keys):
            left = 32 + column * (width + gap)
            number += 1
            _step(picture, left, top, width, height, f"{number}  {deploy_order.STEPS[key].title}", key)
            if column:
                picture.line([(left - gap, top + height / 2), (left - 2, top + height / 2)], colour=INK)
    last, first = 32 + 4 * (width + gap) + width / 2, 32 + width / 2
    turn = 614 + height + (104 - height) / 2
    picture.line([(last, 614 + height), (last, turn), (first, turn), (first, 716)], colour=INK)
    left = 32 + 3 * (width + gap)
    _step(picture, left, 814, width, height, deploy_order.STEPS["role"].title, "role")
    picture.line([(left + width / 2, 814), (left + width / 2, 718 + height + 2)], colour=INK)
    for x, name, (fill, stroke) in ((32, "network stack", _GREEN), (172, "cluster stack", _BLUE)):
        picture.box(x, 832, 16, 16, fill=fill, stroke=stroke, radius=3)
        picture.text(x + 24, 845, name, colour=GREY)


def _step(picture: Picture, x: float, y: float, width: float, height: float, title: str, key: str) -> None:
    fill, stroke = _GREEN if deploy_order.STEPS[key].stack == "network" else _BLUE
    picture.box(x, y, width, height, fill=fill, stroke=stroke)
    picture.text(x + 12, y + 22, title, bold=True)
    picture.text(x + 12, y + 41, deploy_order.STEPS[key].note, size=12, colour=GREY)
