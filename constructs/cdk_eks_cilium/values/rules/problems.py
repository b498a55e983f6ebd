"""What must hold between the typed values and the version they are rendered for.

Cilium's chart ignores unknown values and checks few of the others. Without these rules most mistakes would
show on the nodes, as agents that do not start or pods without a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.chart import tls_method
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import override
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .agents import agent_problems
from .availability import support_problems
from .chart import chart_problems
from .combinations import combination_problems
from .images import image_problems
from .override_rules import key_problems
from .owned import owned_problems
from .tolerations import toleration_problems

#: The chart's job makes new certificates on the first of January, May and September.
_LONGEST_WITHOUT_JOB: Final = 123


def problems(values: CiliumValues, version: CiliumVersion, where: str = "cilium") -> list[Problem]:
    """Why *values* cannot be installed with Cilium *version*; empty if they can."""
    if values.profile == "article":
        return list(_article_problems(values, version, where))
    at = f"{where}.overrides"
    found = [
        *support_problems(values, version, where),
        *combination_problems(values, where),
        *owned_problems(values, at, version),
        *toleration_problems(values.overrides, at, operator=not behaviour.chart.KNOWN_VALUES.holds(version)),
        *_ipv6_problems(values, version, at),
        *_cluster_id_problems(values, version, where),
        *_node_init_problems(values, version, where),
        *_hubble_problems(values, version, where),
        *_encryption_problems(values, version, at),
        *image_problems(values, version, where),
    ]
    found += key_problems(values.overrides, version, at, reported=found)
    effective = EffectiveValues.of(values, version)
    found += chart_problems(values, effective, where, reported=found)
    blamed = {problem.where for problem in found}
    return [*found, *(each for each in agent_problems(values, effective, where) if each.where not in blamed)]


def _article_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    if not behaviour.chart.ARTICLE_VALUES.holds(version):
        yield Problem(
            f"{where}.profile",
            f"'article' is for Cilium {CiliumVersion.ARTICLE.minor}, not {version}: later charts refuse its "
            "values, or read them differently",
            values.profile,
            f"use Cilium {CiliumVersion.ARTICLE}, or profile 'standard'",
            id="CEK2051",
        )
    plain = CiliumValues(profile="article")
    for name in CiliumValues.model_fields:
        given = getattr(values, name)
        if given != getattr(plain, name):
            yield Problem(
                f"{where}.{name}",
                "is fixed in profile 'article', which installs what the article installs",
                given.model_dump() if hasattr(given, "model_dump") else given,
                "leave it out, or use profile 'standard'",
                id="CEK2052",
            )


def _ipv6_problems(values: CiliumValues, version: CiliumVersion, at: str) -> Iterator[Problem]:
    ipv6 = behaviour.datapath.IPV6_WITH_ENI
    if override(values, "ipv6", "enabled") is True and not ipv6.holds(version):
        yield Problem(
            f"{at}.ipv6.enabled",
            f"agents of Cilium {version} do not start with IPv6 in ENI mode",
            True,
            f"remove it, or use Cilium {ipv6.since} or newer",
            id="CEK2053",
        )


def _cluster_id_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    number, large = values.cluster_id, behaviour.datapath.LARGE_MESHES
    if not (number <= 127 or 256 <= number <= 383):
        yield Problem(
            f"{where}.cluster_id",
            "must be 0 to 127 or 256 to 383: the other ids share bits with the packet marks of ENI mode "
            "(https://github.com/cilium/cilium/issues/21330)",
            number,
            "choose another id",
            id="CEK2054",
        )
    elif number > 255 and not large.holds(version):
        yield Problem(
            f"{where}.cluster_id",
            f"must be at most 127: meshes of Cilium {version} have at most 255 clusters",
            number,
            f"choose another id, or use Cilium {large.since} or newer",
            id="CEK2055",
        )


def _node_init_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    agents_do_it = behaviour.datapath.AGENTS_REMOVE_AWS_RULES
    if values.node_init and agents_do_it.holds(version):
        yield Problem(
            f"{where}.node_init",
            f"is for Cilium below {agents_do_it.since}: agents of {version} remove the rules of aws-node "
            "themselves, and on images without a shell node-init blocks the agents",
            True,
            "leave it out",
            id="CEK2056",
        )


def _encryption_problems(values: CiliumValues, version: CiliumVersion, at: str) -> Iterator[Problem]:
    """Versions without this typed value may set encryption by raw values, but not both ways."""
    if values.encryption is None or behaviour.chart.KNOWN_VALUES.holds(version):
        return
    for key in ("enabled", "type"):
        given = override(values, "encryption", key)
        if given is not MISSING:
            yield Problem(
                f"{at}.encryption.{key}",
                "must not be set next to the typed encryption",
                given,
                "use one of the two",
                id="CEK2057",
            )


def _hubble_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    method = values.hubble.tls.method
    hook = behaviour.chart.CERTIFICATE_JOB_IS_A_HOOK
    if method == "cronJob" and hook.holds(version):
        yield Problem(
            f"{where}.hubble.tls.method",
            f"the certificate job of chart {version} is a hook: Helm waits for it before a node can run it",
            method,
            f"use 'helm', or Cilium {hook.until} or newer",
            id="CEK2058",
        )
    by_job = tls_method(values, version) == "cronJob"
    given_schedule = override(values, "hubble", "tls", "auto", "schedule") is not MISSING
    if by_job and values.hubble.tls.validity_days <= _LONGEST_WITHOUT_JOB and not given_schedule:
        yield Problem(
            f"{where}.hubble.tls.validity_days",
            f"must be over {_LONGEST_WITHOUT_JOB}: the job that renews certificates runs every four months",
            values.hubble.tls.validity_days,
            "use more days, or set overrides.hubble.tls.auto.schedule",
            id="CEK2059",
        )
    if override(values, "hubble", "enabled") is False and values.hubble.relay:
        yield Problem(
            f"{where}.overrides.hubble.enabled",
            "the relay has nothing to collect without Hubble",
            False,
            "set hubble.relay and hubble.ui to false too",
            id="CEK2060",
        )
    kafka = behaviour.policy.KAFKA_RULES
    if not kafka.holds(version) and any(metric.startswith("kafka") for metric in values.hubble.metrics):
        yield Problem(
            f"{where}.hubble.metrics",
            f"'kafka' is not a collector of Cilium {version}, which no longer has Kafka rules",
            list(values.hubble.metrics),
            "leave it out",
            id="CEK2061",
        )
