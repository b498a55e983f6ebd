"""The Kubernetes releases of EKS and how long AWS supports them.

The dates come from the EKS release calendar as of `TABLE_DATE`:
https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html.
Nothing here reads the clock: the same input gives the same answer on every day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from cdk_eks_cilium.problems import Problem

TABLE_DATE: Final = date(2026, 11, 23)
"""The day the table describes."""

DEFAULT: Final = "1.35"
"""The release of a new cluster by default."""

UpgradePolicy = Literal["standard", "extended"]
"""What EKS does when standard support of a cluster's release ends, `UpgradePolicy.SupportType` of its API."""

_NUMBER: Final = re.compile(r"1\.(0|[1-9]\d*)", re.ASCII)


@dataclass(frozen=True)
class KubernetesRelease:
    """A minor release of Kubernetes on EKS.

    Attributes:
        number: The minor, ``1.35``.
        standard_until: The day standard support ends.
        extended_until: The day extended support ends, which costs extra per cluster and hour. From then on
            EKS creates no cluster of this release, and upgrades existing clusters. None when AWS has not
            named the day.
    """

    number: str
    standard_until: date
    extended_until: date | None = None

    @property
    def creatable(self) -> bool:
        """Whether EKS creates clusters of this release on the day of the table."""
        return self.extended_until is None or self.extended_until >= TABLE_DATE

    @property
    def extended(self) -> bool:
        """Whether the release is in extended support on the day of the table."""
        return self.creatable and self.standard_until < TABLE_DATE


# belief: EKS-kubernetes-versions
RELEASES: Final = (
    KubernetesRelease("1.29", date(2025, 3, 23), date(2026, 3, 23)),
    KubernetesRelease("1.30", date(2025, 7, 23), date(2026, 7, 23)),
    KubernetesRelease("1.31", date(2025, 11, 26), date(2026, 11, 26)),
    KubernetesRelease("1.32", date(2026, 3, 23), date(2027, 3, 23)),
    KubernetesRelease("1.33", date(2026, 7, 29), date(2027, 7, 29)),
    KubernetesRelease("1.34", date(2026, 12, 2), date(2027, 12, 2)),
    KubernetesRelease("1.35", date(2027, 3, 27), date(2028, 3, 27)),
    KubernetesRelease("1.36", date(2027, 8, 2)),
)
"""Every release known here, oldest first."""


def creatable() -> tuple[str, ...]:
    """Return the releases EKS creates clusters of, oldest first."""
    return tuple(release.number for release in RELEASES if release.creatable)


def find(number: str) -> KubernetesRelease | None:
    """Return the release *number* such as ``1.35``, None when it is not in the table."""
    return next((release for release in RELEASES if release.number == number), None)


def minor_of(number: str) -> int:
    """Return the second part of a Kubernetes release: 35 of ``1.35``.

    Raises:
        ValueError: If *number* is not of the form ``1.35``.
    """
    match = _NUMBER.fullmatch(number)
    if not match:
        raise ValueError(f"not a Kubernetes minor release: {number!r}")
    return int(match[1])


def problems(where: str, number: str) -> Iterator[Problem]:
    """Yield why EKS cannot create a cluster of Kubernetes *number*."""
    choices = creatable()
    choose = f"choose one of {', '.join(choices)}"
    match = _NUMBER.match(number.strip().removeprefix("v"))
    if not _NUMBER.fullmatch(number):
        rule = f"must be a minor release of Kubernetes such as '{DEFAULT}'"
        fix = f"did you mean {match[0]!r}?" if match and match[0] in choices else choose
        yield Problem(where, rule, number, fix, id="CEK4009")
        return
    release = find(number)
    if release and release.creatable:
        return
    if minor_of(number) > minor_of(RELEASES[-1].number):
        rule = f"must be a release that EKS offers, as of {TABLE_DATE}"
        yield Problem(where, rule, number, choose, id="CEK4010")
        return
    when = f"on {release.extended_until}" if release else f"before the support of {RELEASES[0].number}"
    rule = f"must be a release that EKS still creates, and its extended support ended {when}"
    yield Problem(where, rule, number, f"{choose}, or import an existing cluster", id="CEK4011")


def upgrade_policy_problems(where: str, policy: str, number: str) -> Iterator[Problem]:
    """Yield why a cluster of Kubernetes *number* cannot have an upgrade policy.

    A cluster cannot leave extended support but by an upgrade:
    https://docs.aws.amazon.com/eks/latest/userguide/disable-extended-support.html.
    """
    choices = get_args(UpgradePolicy)
    if policy not in choices:
        yield Problem(where, f"must be one of {', '.join(choices)}", policy, id="CEK4012")
    release = find(number)
    if policy == "standard" and release and release.extended:
        yield Problem(
            where,
            f"must be 'extended' with Kubernetes {number}, whose standard support ended on "
            f"{release.standard_until}: EKS lets no cluster out of extended support",
            policy,
            f"write 'extended', or take a release in standard support such as '{DEFAULT}'",
            id="CEK4013",
        )


def support_outlook(number: str, policy: UpgradePolicy) -> str:
    """Return what happens to a cluster of Kubernetes *number* when its support ends, as of `TABLE_DATE`.

    The price per cluster and hour is 0.10 USD, and 0.60 USD in extended support:
    https://aws.amazon.com/eks/pricing/.
    """
    release = find(number)
    if release is None:
        return "the days on which its support ends are unknown"
    if policy == "standard":
        return (
            f"EKS upgrades the control plane by itself after {release.standard_until}, the end of standard "
            "support"
        )
    until = f"until {release.extended_until}, when" if release.extended_until else "for a year, after which"
    return (
        f"from {release.standard_until} extended support for 0.60 instead of 0.10 USD per hour, {until} EKS "
        "upgrades it by itself"
    )


def support_warnings(number: str) -> list[str]:
    """Return what AWS's support of Kubernetes *number* costs or lacks, as of `TABLE_DATE`.

    Releases in standard support, and releases that are not in the table, get no warning.
    """
    release = find(number)
    if release is None or not release.extended:
        return []
    return [
        f"Kubernetes {number} is in extended support since {release.standard_until}, which AWS bills extra, "
        f"and EKS upgrades it by itself after {release.extended_until}; {DEFAULT} is in standard support"
    ]
