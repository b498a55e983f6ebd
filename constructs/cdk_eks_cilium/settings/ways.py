"""How pods reach each kind of destination, how clients reach pods, and what a VPC must let in for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .model import Settings
from .network import Network

# belief: CILIUM-node-egress-routes, CILIUM-pod-egress-routes, CILIUM-ways-in-with-node-egress
_NODE: Final = "the primary address of the pod's node"
_POD: Final = "the pod's own address"


@dataclass(frozen=True)
class Way:
    """How pods reach one kind of destination.

    Attributes:
        destination: The destination.
        via: What the packets go through.
        source: The address that the destination sees.
    """

    destination: str
    via: str
    source: str


@dataclass(frozen=True)
class WayIn:
    """How one kind of client reaches pods.

    Attributes:
        client: Who connects, and to which address.
        works: Whether the client gets an answer.
        why: The way of the answer; or why no answer comes, and what to use.
    """

    client: str
    works: bool
    why: str


def ways_out(settings: Settings) -> Iterator[Way]:
    """Yield how pods reach each kind of destination, the nearest first."""
    network, beyond = settings.network, settings.network.on_premises
    node_egress = settings.cilium.egress == "node"
    inside = ", ".join([network.vpc_cidr, *network.pod_cidrs])
    yield Way(f"the VPC ({inside})", "the VPC's local route", _POD)
    yield from _service_ways(settings)
    if beyond is not None:
        far = f"on-premises networks ({', '.join(beyond.cidrs)})"
        if node_egress:
            gateway = beyond.transit_gateway_id
            last = f"transit gateway {gateway}" if gateway else "their routes"
            yield Way(far, f"the node subnets, then {last}", _NODE)
        elif beyond.private_nat:
            yield Way(far, "the private NAT gateway of the zone", "an address of the node subnet")
        elif beyond.transit_gateway_id is not None:
            yield Way(far, f"transit gateway {beyond.transit_gateway_id}", _POD)
        else:
            yield Way(far, "the routes of the pod subnets", _POD)
    if network.isolated:
        return
    if node_egress:
        yield Way("the internet", "the node subnets, then a NAT gateway", "the NAT gateway's public address")
    elif network.pod_subnets:
        yield Way("the internet", "the routes of the pod subnets", "decided by those routes")
    else:
        yield Way("the internet", "the NAT gateway of the zone", "the gateway's public address")


def _service_ways(settings: Settings) -> Iterator[Way]:
    network = settings.network
    gateways = [*network.gateway_endpoints, *(["s3"] if network.isolated else [])]
    if gateways:
        source = _NODE if settings.cilium.egress == "node" else _POD
        yield Way(f"AWS ({', '.join(gateways)})", "gateway endpoints", source)
    if network.isolated:
        yield Way("AWS (other services)", "interface endpoints in the node subnets", _POD)


def ways_in(settings: Settings) -> Iterator[WayIn]:
    """Yield how each kind of client reaches pods, the nearest first.

    Taken from reports and from Cilium's code: nobody has tried them on AWS with this library.
    """
    pods_leave = settings.cilium.egress == "pod"
    yield WayIn("anything in the VPC, to a pod's address", True, "the answer takes the VPC's local route")
    yield WayIn(
        "a load balancer with IP targets: ALB, NLB for TCP and TLS",
        True,
        "the load balancer's own address is the client, and lies in the VPC",
    )
    # https://github.com/cilium/cilium/issues/19250, https://github.com/cilium/cilium/issues/20554; which NLB
    # keeps the address of a client:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
    yield WayIn(
        "an NLB with IP targets that keeps client addresses, as it always does for UDP",
        pods_leave,
        "the answer leaves by the pod's interface, on which the request came"
        if pods_leave
        else "the answer to a client outside the VPC leaves by the node's primary interface, and is lost: "
        "use instance targets, or preserve_client_ip.enabled=false for TCP",
    )
    yield _from_beyond(settings, pods_leave)
    yield from _at_the_node(settings.cilium.kube_proxy_replacement)


def _from_beyond(settings: Settings, pods_leave: bool) -> WayIn:
    beyond = settings.network.on_premises
    client = "peered VPCs and on-premises networks, to a pod's address"
    if not pods_leave:
        why = "the answer leaves by the node's primary interface, and is lost: use a load balancer"
        return WayIn(client, False, why)
    if beyond is not None and beyond.private_nat:
        why = "the answer meets the private NAT gateway, which knows no such connection: use a load balancer"
        return WayIn(client, False, why)
    why = "where they route the pods' ranges to this VPC, and the cluster's security group lets them in"
    return WayIn(client, True, why)


def _at_the_node(without_kube_proxy: bool) -> Iterator[WayIn]:
    client = "NodePort, and load balancers with instance targets"
    if without_kube_proxy:
        yield WayIn(client, True, "Cilium hands the request to the pod")
        yield WayIn("hostPort of a pod", True, "Cilium listens on the node's address")
        return
    # The fault is described in the pull request, which is open: https://github.com/cilium/cilium/pull/47739
    yield WayIn(
        client,
        True,
        "kube-proxy hands the request to the pod; where a policy has HTTP rules for this ingress, the answer "
        "may leave by the wrong interface and is lost: use IP targets",
    )
    # https://github.com/cilium/cilium/issues/14109, https://github.com/cilium/cilium/issues/38083
    yield WayIn(
        "hostPort of a pod",
        False,
        "nothing listens: set kube_proxy_replacement, or use hostNetwork or a NodePort",
    )


def admissions(settings: Settings) -> Iterator[str]:
    """Yield what an existing VPC must let in from the pods' ranges, which it has not seen before.

    Inside the VPC peers see pods at their own addresses with any egress: Cilium masquerades only what leaves
    the VPC (https://docs.cilium.io/en/stable/network/concepts/ipam/eni/).
    """
    network = settings.network
    if not network.existing:
        return
    pods = ", ".join(network.pod_cidrs)
    pods_leave = settings.cilium.egress == "pod"
    yield (
        f"interface endpoints (sts, ecr.api, ecr.dkr and others): their security groups, TCP 443 from {pods}"
    )
    yield (
        "databases, file systems, brokers: their security groups, their port from the same ranges, or from "
        "the cluster's security group, which pods are in"
    )
    subnets = "the pod subnets" if network.pod_subnets else "the pod subnets, which get the VPC's default one"
    yield f"network ACLs of {subnets}, of the node subnets and of those services: {pods}, both ways"
    yield "inbound endpoints of Route 53 Resolver and DNS servers: TCP and UDP 53 from the same ranges"
    yield "policies of buckets, queues and endpoints that test aws:VpcSourceIp: " + (
        "the pods' ranges"
        if pods_leave
        else "the pods' ranges at interface endpoints, the nodes' at gateway endpoints"
    )
    if pods_leave:
        yield "firewalls and routes of peers and premises: the pods' ranges, unless NAT hides them"


def controller_values(settings: Settings) -> str:
    """Return what the AWS Load Balancer Controller's chart must be given, since its pods cannot ask the node.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/installation/
    """
    look = f"aws eks describe-cluster --region {settings.region} --name {settings.name}"
    vpc = settings.network.vpc_id or f"$({look} --query cluster.resourcesVpcConfig.vpcId --output text)"
    return f"--set clusterName={settings.name} --set region={settings.region} --set vpcId={vpc}"


def gateway_advice(settings: Settings) -> Iterator[str]:
    """Yield advice on the VPC's range at a transit gateway, where the default range comes twice soon.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html
    """
    network, beyond = settings.network, settings.network.on_premises
    default = Network.model_fields["vpc_cidr"].default
    attached = beyond is not None and beyond.transit_gateway_id is not None
    if attached and not network.existing and network.vpc_cidr == default:
        yield (
            f"network.vpc_cidr: {default} is the default, and a transit gateway does not propagate a range "
            "that overlaps the range of a VPC attached before: no answer would come back to a second "
            "environment; give each environment at this gateway a range of its own"
        )
