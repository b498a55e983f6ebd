"""What must hold between the typed values and the version they are rendered for.

Cilium's chart ignores what it does not know and checks little of what it does: most of these rules
would otherwise show on the nodes, as agents that do not start or pods without a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .images import image_problems
from .model import CiliumValues
from .override_rules import key_problems, unread_warnings
from .owned import owned_problems


def problems(values: CiliumValues, version: CiliumVersion, where: str = "cilium") -> list[Problem]:
    """Why *values* cannot be installed with Cilium *version*; empty if they can.

    Args:
        values: What is wanted.
        version: The chart to install.
        where: Settings key or construct path to blame.
    """
    if values.profile == "article":
        return list(_article_problems(values, version, where))
    at = f"{where}.overrides"
    found = [
        *owned_problems(values.overrides, at),
        *_ipv6_problems(values, version, at),
        *_bpf_masquerade_problems(values, at),
        *_cluster_id_problems(values, at),
        *_encryption_problems(values, at),
        *_hubble_problems(values, version, at),
        *image_problems(values, version, where),
    ]
    return [*found, *key_problems(values.overrides, version, at, reported=found)]


def warnings(values: CiliumValues, version: CiliumVersion) -> list[str]:
    """What works with *values* on *version*, but not as one may expect. None for the defaults."""
    return [
        *_version_warnings(values, version),
        *_address_warnings(values, version),
        *_feature_warnings(values, version),
        *unread_warnings(values.overrides, version),
    ]


def override(values: CiliumValues, *path: str) -> Any:
    """The value at *path* in the overrides, `MISSING` if they do not reach it."""
    value: Any = values.overrides
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def _article_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    if version.minor != "1.12":
        yield Problem(
            f"{where}.profile",
            f"'article' is what Cilium 1.12 reads, not {version}: later charts refuse or reread its values",
            values.profile,
            "use Cilium 1.12.1, or profile 'standard'",
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
            )


def _ipv6_problems(values: CiliumValues, version: CiliumVersion, at: str) -> Iterator[Problem]:
    if override(values, "ipv6", "enabled") is True and not version.at_least("1.20"):
        yield Problem(
            f"{at}.ipv6.enabled",
            f"agents of Cilium {version} do not start with IPv6 in ENI mode",
            True,
            "remove it, or use Cilium 1.20 or newer",
        )


def _bpf_masquerade_problems(values: CiliumValues, at: str) -> Iterator[Problem]:
    if override(values, "bpf", "masquerade") is not True:
        return
    reason = (
        "agents refuse it together with the egress interface of egress 'node'"
        if values.egress.kind == "node"
        else "agents refuse it while egress 'pod' turns translation off"
    )
    yield Problem(f"{at}.bpf.masquerade", reason, True, "remove it")


def _cluster_id_problems(values: CiliumValues, at: str) -> Iterator[Problem]:
    number = override(values, "cluster", "id")
    if number is MISSING or number is None:
        return
    usable = isinstance(number, int) and not isinstance(number, bool)
    if usable and (0 <= number <= 127 or 256 <= number <= 383):
        return
    yield Problem(
        f"{at}.cluster.id",
        "must be 0 to 127 or 256 to 383: the other ids share bits with the packet marks of ENI mode "
        "(https://github.com/cilium/cilium/issues/21330)",
        number,
        "choose another id",
    )


def _encryption_problems(values: CiliumValues, at: str) -> Iterator[Problem]:
    if values.encryption is None:
        return
    for key in ("enabled", "type"):
        given = override(values, "encryption", key)
        if given is not MISSING:
            yield Problem(
                f"{at}.encryption.{key}",
                "must not be set next to the typed encryption",
                given,
                "use one of the two",
            )


def _hubble_problems(values: CiliumValues, version: CiliumVersion, at: str) -> Iterator[Problem]:
    method = override(values, "hubble", "tls", "auto", "method")
    if method == "cronJob" and version.at_least("1.14") and not version.at_least("1.19"):
        yield Problem(
            f"{at}.hubble.tls.auto.method",
            f"the certificate job of chart {version} is a hook: Helm waits for it before a node can run it",
            method,
            "use 'helm', or Cilium 1.19 or newer",
        )
    if override(values, "hubble", "enabled") is False and values.hubble.relay:
        yield Problem(
            f"{at}.hubble.enabled",
            "the relay has nothing to collect without Hubble",
            False,
            "set hubble.relay and hubble.ui to false too",
        )


def _version_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if version.end_of_life:
        yield f"Cilium {version} has reached its end of life: no more fixes, security included"
    early = version.at_least("1.20.0") and not version.at_least("1.20.2")
    if early and values.prefix_delegation:
        yield (
            f"Cilium {version} has bugs in prefix delegation that 1.20.2 fixes: "
            "https://github.com/cilium/cilium/pull/48125, https://github.com/cilium/cilium/pull/48193"
        )


def _address_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if values.profile == "article":
        return
    if values.prefix_delegation and values.release_excess_ips and not version.at_least("1.19"):
        yield (
            f"release_excess_ips: Cilium {version} never gives a prefix back, 1.19 does "
            "(https://github.com/cilium/cilium/issues/32209)"
        )
    if override(values, "ipv6", "enabled") is True:
        yield "overrides.ipv6.enabled: IPv6 in ENI mode is beta and needs dual-stack pod subnets"


def _feature_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if values.kube_proxy_replacement and values.encryption is None and version.at_least("1.18"):
        yield (
            "kube_proxy_replacement: with pods on a secondary CIDR, Gateway API and other L7 traffic between "
            "nodes may time out; encryption 'wireguard' avoids it "
            "(https://github.com/cilium/cilium/issues/43493)"
        )
