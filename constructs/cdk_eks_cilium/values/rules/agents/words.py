"""Words and numbers that agents know, where the chart takes any."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

#: What Python has and Go lacks.
_LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]")
_POPULATE: Final = "Populate in pkg/option/config.go"
_FLAGS: Final = ("all", "none", "syn", "fin", "rst", "psh", "ack", "urg", "ece", "cwr")


def _one_of(
    path: str,
    words: Iterable[str],
    source: str,
    releases: Behaviour = behaviour.agents.ALWAYS,
    *,
    any_case: bool = False,
) -> Contradiction:
    known = tuple(words)

    def unknown(given: Configuration) -> bool:
        found = given.words(path)
        return not {each.lower() if any_case else each for each in found} <= {*known, ""}

    return Contradiction(
        id="CEK2376",
        name="unknown words",
        setting=path,
        broken=unknown,
        rule=f"must be one of {', '.join(known)}: agents do not start with anything else",
        fix="remove it",
        source=source,
        releases=releases,
    )


def _at_least_nothing(path: str, source: str) -> Contradiction:
    return Contradiction(
        id="CEK2386",
        name="numbers below nothing",
        setting=path,
        broken=lambda given: (given.number(path) or 0) < 0,
        rule="must not be negative: agents do not start otherwise",
        fix="remove it",
        source=source,
    )


def _half_a_limit(given: Configuration) -> bool:
    limits = [given.number(f"bpf.events.default.{name}") or 0 for name in ("rateLimit", "burstLimit")]
    return any(limits) and not all(limits)


def _no_labels(given: Configuration) -> bool:
    return not all(map(_is_pattern, given.words("labels")))


def _is_pattern(text: str) -> bool:
    """Whether Go reads the name of a label, which has no looking around (https://pkg.go.dev/regexp/syntax)."""
    source, colon, rest = text.partition(":")
    pattern = (rest if colon else source).removeprefix("!")
    try:
        re.compile(pattern)
    except re.error:
        return False
    return bool(rest if colon else source) and not _LOOKS_AROUND.search(pattern)


def _no_vlans(given: Configuration) -> bool:
    return not all(each.isascii() and each.isdigit() for each in given.words("bpf.vlanBypass"))


_MATCH_MODE: Final = "validatePolicyCIDRMatchMode in pkg/option/config.go"

CONTRADICTIONS: Final = (
    _one_of("bpf.monitorFlags", _FLAGS, "TCPFlags in pkg/option/constants.go", any_case=True),
    _one_of("policyCIDRMatchMode", ("nodes",), _MATCH_MODE, behaviour.policy.RANGES_NEVER_MEAN_PODS),
    _one_of("policyCIDRMatchMode", ("nodes", "pods"), _MATCH_MODE, behaviour.policy.RANGES_MEAN_PODS),
    _one_of("serviceNoBackendResponse", ("reject", "drop"), _POPULATE),
    _one_of(
        "allow-localhost", ("auto", "always", "policy"), "initEnv in daemon/cmd/daemon_main.go", any_case=True
    ),
    _one_of(
        "loadBalancer.dsrDispatch",
        ("opt", "ipip", "geneve"),
        "NewConfig in pkg/loadbalancer/config.go",
        behaviour.agents.LOAD_BALANCING_ALWAYS_CHECKED,
    ),
    _one_of(
        "pmtuDiscovery.packetizationLayerPMTUDMode",
        ("always", "blackhole", "disabled", "unset"),
        "parsePLPMTUDMode in pkg/mtu/cell.go",
    ),
    _at_least_nothing("MTU", "Validate in pkg/option/config.go"),
    _at_least_nothing("route-metric", "Validate in pkg/option/config.go"),
    _at_least_nothing("dnsProxy.maxDeferredConnectionDeletes", _POPULATE),
    Contradiction(
        id="CEK2389",
        name="names of labels that are not patterns",
        setting="labels",
        broken=_no_labels,
        rule="must be patterns of names, as Go reads them, with spaces between them: agents do not start "
        "with anything else",
        fix="for example 'k8s:app k8s:!job-name', or remove it",
        source="parseLabelPrefix in pkg/labelsfilter/filter.go; "
        "https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/",
    ),
    Contradiction(
        id="CEK2378",
        name="half of a limit of events",
        setting="bpf.events.default.rateLimit bpf.events.default.burstLimit",
        broken=_half_a_limit,
        rule="needs both bpf.events.default.rateLimit and burstLimit: agents do not start with one of them",
        fix="set both, or remove it",
        source=_POPULATE,
    ),
    Contradiction(
        id="CEK2387",
        name="VLANs that are not numbers",
        setting="bpf.vlanBypass",
        broken=_no_vlans,
        rule="must be numbers of VLANs: agents do not start with anything else",
        fix="for example [0] for all of them, or remove it",
        source=_POPULATE,
    ),
)

CAUTIONS: Final[tuple[Caution, ...]] = ()
