"""Whether there are few enough identities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_CLUSTERWIDE_POLICIES,
    CILIUM_IDENTITIES,
    CILIUM_POLICIES,
    KUBE_SYSTEM_CONFIG_MAPS,
    NETWORK_POLICIES,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_RESERVED: Final = 256
_FULL, _FILLING = 0.95, 0.8
_MANY: Final = 1000
_OUR_LABELS: Final = ("k8s:io.kubernetes.pod.", "k8s:io.cilium.", "reserved:")


@check(
    "identities",
    "there are fewer identities than Cilium can number, and no label makes most of them",
    reads=(
        CILIUM_IDENTITIES,
        KUBE_SYSTEM_CONFIG_MAPS,
        CILIUM_POLICIES,
        CILIUM_CLUSTERWIDE_POLICIES,
        NETWORK_POLICIES,
    ),
    symptom="new pods wait for an identity, and policy maps fill",
    links=(
        "https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/",
        "https://docs.cilium.io/en/stable/network/clustermesh/clustermesh/",
    ),
)
def identities(seen: Seen) -> Iterator[Outcome]:
    """Pods with the same labels share an identity, and policies select identities. A cluster has 65,535 of
    them, and 32,767 in a mesh of 511 clusters.

    A label whose value differs from pod to pod makes an identity for each, and an entry in the policy map of
    every pod that may talk to them. The option ``labels`` takes such a label out.
    """
    found = seen.list(CILIUM_IDENTITIES)
    limit = _limit(seen.derived(config))
    share = len(found) / limit
    if share >= _FILLING:
        yield Finding(
            Severity.ERROR if share >= _FULL else Severity.WARNING,
            f"{len(found)} of {limit} identities are in use",
            (Evidence("CiliumIdentities", "number", str(len(found)), f"below {limit * _FILLING:.0f}"),),
            "# See which labels make them, and keep these out with labels in the overrides:\n"
            "kubectl get ciliumidentities --output json | jq -r '.items[].\"security-labels\" | keys[]' | "
            "sort | uniq --count | sort --numeric --reverse | head",
        )
    yield from _exploding(seen, found)
    yield Fine(f"{len(found)} of {limit} identities")


def _limit(options: Mapping[str, str]) -> int:
    """How many identities a cluster has.

    pkg/identity/numericidentity.go of cilium/cilium: 16 bits, from 256 on where the cluster's id is 0. A mesh
    of 511 clusters leaves 15 bits.
    """
    bits = 15 if options.get("max-connected-clusters") == "511" else 16
    first = _RESERVED if options.get("cluster-id", "0") == "0" else 0
    return (1 << bits) - first


def _exploding(seen: Seen, found: Sequence[Object]) -> Iterator[Outcome]:
    """The labels whose removal would leave less than half of many identities."""
    if len(found) < _MANY:
        return
    every = [each.get("security-labels") or {} for each in found]
    some = every[:: -(-len(every) // _MANY)]
    used: str | None = None
    for key, number in _values(every).most_common(5):
        if number < len(found) / 2 or key.startswith(_OUR_LABELS) or _without(key, some) > len(some) / 2:
            continue
        left = _without(key, every)
        used = _policy_text(seen) if used is None else used
        name = key.partition(":")[2]
        if left > len(found) / 2 or name in used:
            continue
        yield Finding(
            Severity.WARNING,
            f"the label {name} makes {len(found) - left} of {len(found)} identities, and no policy names it",
            (
                Evidence("CiliumIdentities", f"values of {key}", str(number), "a few"),
                Evidence(CONFIG, "data.labels", seen.derived(config).get("labels", ""), f"with !{name}"),
            ),
            f"# Add it to labels in the overrides, deploy, and restart the agents: labels: '!{name}'",
        )


def _without(key: str, every: Sequence[Mapping[str, Any]]) -> int:
    """How many identities some labels would make without one of them."""
    return len({frozenset(item for item in labels.items() if item[0] != key) for labels in every})


def _values(every: Sequence[Mapping[str, Any]]) -> Counter[str]:
    values: defaultdict[str, set[str]] = defaultdict(set)
    for labels in every:
        for key, value in labels.items():
            values[key].add(value)
    return Counter({key: len(each) for key, each in values.items()})


def _policy_text(seen: Seen) -> str:
    kinds = (CILIUM_POLICIES, CILIUM_CLUSTERWIDE_POLICIES, NETWORK_POLICIES)
    return " ".join(str((each.get("spec"), each.get("specs"))) for kind in kinds for each in seen.list(kind))
