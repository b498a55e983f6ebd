"""Whether the account's quotas hold the deploy, and the environment at its full size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cdk_eks_cilium.addressing.quota_codes import ACCOUNT_QUOTAS, AccountQuota
from cdk_eks_cilium.doctor.checks.views.account_use import USED_BY, used
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.account_kinds import DEFAULT_QUOTAS, QUOTAS, REGION_INSTANCES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import QuotaNeed
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import Aws
from cdk_eks_cilium.doctor.engine.seen import Seen

_READS = (
    *QUOTAS,
    *DEFAULT_QUOTAS,
    *dict.fromkeys(reading for readings in USED_BY.values() for reading in readings),
    REGION_INSTANCES,
)


@check(
    "quotas-hold-the-plan",
    "the account's quotas hold the environment at its full size",
    reads=_READS,
    symptom="AddressLimitExceeded, VpcLimitExceeded or VcpuLimitExceeded, and a stack that rolls back",
    answers=("EC2-quotas",),
    links=(
        "https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-quotas.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html",
    ),
)
def quotas_hold_the_plan(seen: Seen) -> Iterator[Outcome]:
    """A deploy takes Elastic IPs, NAT gateways, a VPC, interfaces and virtual CPUs from quotas of the
    account, which other environments use too.

    It is an error if the deploy itself does not fit, and a warning if node groups of their full size do not.
    What the environment has already does not count as used. Each class of instances has a quota of its own.
    """
    fits = []
    unknown: dict[str, list[str]] = defaultdict(list)
    for need in seen.planned("deployment").needs:
        quota = ACCOUNT_QUOTAS[need.quota]
        try:
            value = _value(seen, quota)
            taken = used(seen, need.quota, need.zone)
        except UnreadError as error:
            unknown[str(error)].append(quota.name)
            continue
        if value is None:
            yield Unknown(f"{quota.name}: Service Quotas does not know the quota {quota.code} here")
        elif taken + need.most <= value:
            fits.append(f"{quota.name} {taken + need.most} of {value}")
        else:
            yield _finding(seen, need, quota, taken, value)
    for reason, names in unknown.items():
        yield Unknown(f"{named(names)}: {reason}")
    if fits:
        yield Fine(f"{counted(len(fits), 'quota')} of {len(seen.planned('deployment').needs)} are enough")


def _value(seen: Seen, quota: AccountQuota) -> int | None:
    """What the account has of a quota: its own value, else AWS's default; None where neither is known."""
    for readings in (QUOTAS, DEFAULT_QUOTAS):
        found = _values(seen, readings, quota.service).get(quota.code)
        if found is not None:
            return found
    return None


def _values(seen: Seen, readings: tuple[Aws, ...], service: str) -> Mapping[str, int]:
    reading = next(each for each in readings if ("ServiceCode", service) in each.parameters)
    return {str(each.get("QuotaCode")): int(each.get("Value") or 0) for each in seen.list(reading)}


def _finding(seen: Seen, need: QuotaNeed, quota: AccountQuota, taken: int, value: int) -> Finding:
    too_small = taken + need.first > value
    amount = need.first if too_small else need.most
    when = "the deploy" if too_small else "the full size"
    where = f" in {need.zone}" if need.zone else ""
    evidence = (
        Evidence(
            f"service-quotas {quota.service}/{quota.code}{where}",
            "Value",
            str(value),
            f"{taken + need.most} or more",
        ),
        Evidence(f"{quota.name}{where}", "in use by others", str(taken), f"{amount} free for {when}"),
    )
    fix = (
        "# A request takes minutes to days. Or free some, or ask for less in the settings.\n"
        f"aws service-quotas request-service-quota-increase --region {seen.plan.region} "
        f"--service-code {quota.service} --quota-code {quota.code} --desired-value {taken + need.most}"
    )
    return Finding(
        Severity.ERROR if too_small else Severity.WARNING,
        f"{quota.name}{where}: {when} needs {amount}, and {max(0, value - taken)} of {value} are free",
        evidence,
        fix,
    )
