"""Whether an existing VPC answers DNS."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.account_kinds import DNS_NAMES, DNS_SUPPORT
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.seen import Seen

NEW_VPC = "the deploy makes its own VPC"


@check(
    "vpc-answers-dns",
    "the existing VPC answers DNS, and gives names",
    reads=(DNS_SUPPORT, DNS_NAMES),
    symptom="nodes never join the cluster: they cannot resolve its endpoint",
    links=("https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",),
)
def vpc_answers_dns(seen: Seen) -> Iterator[Outcome]:
    """Nodes find the private endpoint of the API by a private hosted zone, which works in VPCs with DNS
    support and DNS host names alone.
    """
    network = seen.planned("deployment").network
    if network is None:
        yield Skip(NEW_VPC)
        return
    off = [
        (field, option)
        for reading, field, option in (
            (DNS_SUPPORT, "EnableDnsSupport", "enable-dns-support"),
            (DNS_NAMES, "EnableDnsHostnames", "enable-dns-hostnames"),
        )
        if not any(each.get("Value") is True for each in seen.list(reading))
    ]
    if off:
        evidence = tuple(Evidence(f"ec2 {network.vpc}", field, "false", "true") for field, _ in off)
        fix = "\n".join(
            f"aws ec2 modify-vpc-attribute --region {seen.plan.region} --vpc-id {network.vpc} --{option}"
            for _, option in off
        )
        yield Finding(Severity.ERROR, f"{network.vpc} does not answer DNS as EKS needs it", evidence, fix)
        return
    yield Fine(network.vpc)
