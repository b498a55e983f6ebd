"""Whether the region has the services whose endpoints a deploy makes, and they take our policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import ENDPOINT_SERVICES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import EndpointNeed
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_TYPES: Final = {True: "Gateway", False: "Interface"}


@check(
    "endpoints-offered",
    "the region has the services of the VPC endpoints, in every zone, and they take policies",
    reads=(ENDPOINT_SERVICES,),
    symptom="a VPC endpoint cannot be made: an unknown service, a zone without it, or an invalid policy",
    answers=("EC2-endpoint-policy-support",),
    links=(
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html",
    ),
)
def endpoints_offered(seen: Seen) -> Iterator[Outcome]:
    """A VPC without internet reaches services of AWS by endpoints, interface endpoints in each zone.

    Which services have endpoints depends on the region and the zone. Some services take no policy for their
    endpoints, and EC2 refuses one that has a policy.
    """
    deployment = seen.planned("deployment")
    if not deployment.endpoints:
        yield Skip("the deploy makes no VPC endpoint")
        return
    offered = seen.list(ENDPOINT_SERVICES)
    evidence = [
        each
        for need in deployment.endpoints
        for each in _lacks(need, _service(need, offered), deployment.zones)
    ]
    if evidence:
        region = seen.plan.region
        yield Finding(
            Severity.ERROR,
            f"endpoints cannot be made: {named(each.object.rpartition(' ')[2] for each in evidence)}",
            tuple(evidence),
            "# Take a service out of network.endpoints, or others into network.availability_zones:\n"
            f"aws ec2 describe-vpc-endpoint-services --region {region} "
            "--query 'ServiceDetails[].[ServiceName,VpcEndpointPolicySupported,AvailabilityZones]'",
        )
        return
    yield Fine(named(each.service for each in deployment.endpoints))


def _service(need: EndpointNeed, offered: Sequence[Object]) -> Object:
    """What EC2 tells of a service; empty if the region does not have it."""
    for each in offered:
        types = {one.get("ServiceType") for one in each.get("ServiceType") or ()}
        # Of S3 and DynamoDB both types have one name.
        if str(each.get("ServiceName")).endswith(f".{need.service}") and _TYPES[need.gateway] in types:
            return each
    return {}


def _lacks(need: EndpointNeed, found: Object, zones: tuple[str, ...]) -> Iterator[Evidence]:
    where = f"ec2 service {need.service}"
    if not found:
        yield Evidence(where, "ServiceName", "", f"an endpoint of type {_TYPES[need.gateway]}")
        return
    has = set(found.get("AvailabilityZones") or ())
    if not need.gateway and (lacking := [zone for zone in zones if zone not in has]):
        yield Evidence(where, "AvailabilityZones", named(sorted(has)), f"with {named(lacking)}")
    if need.policy and found.get("VpcEndpointPolicySupported") is False:
        yield Evidence(where, "VpcEndpointPolicySupported", "false", "true")
