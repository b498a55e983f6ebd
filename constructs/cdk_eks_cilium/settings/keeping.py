"""What keeps a cluster, what each of it costs, and what a destroy does: for people, in words."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from cdk_eks_cilium.addressing import cluster_dns_address
from cdk_eks_cilium.versions.kubernetes import support_outlook

from .model import Settings
from .network import FlowLogSettings


@dataclass(frozen=True)
class Kept:
    """One decision about a cluster.

    Attributes:
        setting: Its key in the settings.
        value: What is chosen.
        effect: What follows, with the price.
    """

    setting: str
    value: str
    effect: str


def keeping(settings: Settings) -> tuple[Kept, ...]:
    """Return the decisions about a cluster that cost money, or that matter when somebody deletes it.

    The prices of most regions: https://aws.amazon.com/eks/pricing/, https://aws.amazon.com/kms/pricing/,
    https://docs.aws.amazon.com/r53recovery/latest/dg/introduction-pricing-zonal-shift.html.
    """
    services = IPv4Network(settings.service_cidr)
    return (
        Kept(
            "upgrade_policy",
            settings.upgrade_policy,
            support_outlook(settings.kubernetes_version, settings.upgrade_policy),
        ),
        *_protection(settings),
        Kept(
            "service_cidr",
            settings.service_cidr,
            f"room for {services.num_addresses:,} addresses of Services, the DNS at "
            f"{cluster_dns_address(settings.service_cidr)}; fixed when the cluster is made",
        ),
        _key(settings),
        _role(settings),
        Kept(
            "zonal_shift",
            {None: "off, by EKS's default", True: "on", False: "off"}[settings.zonal_shift],
            "free; while a zone is shifted away, the others need room for its pods"
            if settings.zonal_shift
            else "nobody can shift traffic away from a zone",
        ),
        _flow_logs(settings.network.flow_logs, existing=settings.network.existing),
    )


def blocking(settings: Settings) -> tuple[str, ...]:
    """Return the settings that refuse a destroy, in the order in which they do."""
    return tuple(
        name for name in ("termination_protection", "deletion_protection") if getattr(settings, name)
    )


def _protection(settings: Settings) -> tuple[Kept, Kept]:
    stacks, cluster = settings.termination_protection, settings.deletion_protection
    return (
        Kept(
            "termination_protection",
            "on" if stacks else "off",
            "CloudFormation refuses a destroy of each stack" if stacks else "one command destroys everything",
        ),
        Kept(
            "deletion_protection",
            "on" if cluster else "off",
            "EKS refuses to delete the cluster, whoever asks"
            if cluster
            else "whoever may call eks:DeleteCluster may delete a cluster without node groups",
        ),
    )


def _key(settings: Settings) -> Kept:
    if settings.secrets_key_arn is not None:
        return Kept(
            "secrets_key_arn", settings.secrets_key_arn, "stays after a destroy; must outlive the cluster"
        )
    return Kept("secrets_key_arn", "a key of the stack", "1 USD per month; deleted 7 days after a destroy")


def _role(settings: Settings) -> Kept:
    if settings.cluster_role_arn is not None:
        return Kept("cluster_role_arn", settings.cluster_role_arn, "stays after a destroy")
    return Kept("cluster_role_arn", "a role of the stack", "deleted with the cluster")


def _flow_logs(flow_logs: FlowLogSettings | None, *, existing: bool) -> Kept:
    if flow_logs is None:
        owner = "its owner's to decide" if existing else "Hubble alone records connections"
        return Kept("network.flow_logs", "off", owner)
    where = flow_logs.bucket_arn or f"a log group, for {flow_logs.retention_days} days"
    return Kept("network.flow_logs", f"{flow_logs.traffic}, to {where}", "billed by the gigabyte")
