"""Whether the CRDs of this release are there, and of its schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.definitions import SCHEMA, awaited, by_name
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import condition, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_RESTART: Final = "kubectl --namespace kube-system rollout restart deployment/cilium-operator"


@check(
    "cilium-definitions",
    "the CRDs of this release are there, established, and of one schema",
    reads=(CUSTOM_TYPES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="agents wait for CRDs when they start, or the API drops fields of policies",
    answers=("CILIUM-operator-registers-types",),
    links=("https://docs.cilium.io/en/stable/network/kubernetes/compatibility/#crd-schema-validation",),
)
def cilium_definitions(seen: Seen) -> Iterator[Outcome]:
    """The operator registers Cilium's CRDs when it starts, and brings older ones to its schema.

    Agents wait for the CRDs that their configuration needs. A CRD of an older schema than the rest was
    restored from a backup, or the operator could not write it: the API then drops fields that it lacks.
    """
    found, options = seen.derived(by_name), seen.derived(config)
    wanted = awaited(seen.derived(known_release), options)
    missing = [name for name in wanted if name not in found]
    if missing:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(missing), 'CRD')} missing that agents wait for",
            tuple(
                Evidence(f"CRD {name}", "metadata.name", "", "registered by the operator") for name in missing
            ),
            f"kubectl --namespace kube-system logs deployment/cilium-operator | grep -i crd\n{_RESTART}",
        )
    ours = {name: found[name] for name in wanted if name in found}
    waiting = [name for name, each in ours.items() if condition(each, "Established").get("status") != "True"]
    if waiting:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(waiting), 'CRD')} of Cilium not established",
            tuple(
                Evidence(f"CRD {name}", "status.conditions[Established]", _why(ours[name]), "True")
                for name in waiting
            ),
            f"kubectl describe crd {waiting[0]}",
        )
    yield from _schemas(ours)
    yield Fine(f"{counted(len(ours), 'CRD')} that agents wait for")


def _why(found: Object) -> str:
    state = condition(found, "Established")
    return " ".join(str(state.get(key, "")) for key in ("status", "reason", "message")).strip()


def _schemas(found: Mapping[str, Object]) -> Iterator[Outcome]:
    schemas = {name: labels_of(each).get(SCHEMA, "") for name, each in found.items()}
    told = Counter(schema for schema in schemas.values() if schema)
    if not told:
        return
    newest = max(told, key=_order)
    older = {name: schema for name, schema in schemas.items() if schema != newest}
    if older:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(older), 'CRD')} of Cilium with an older schema than the rest",
            tuple(
                Evidence(f"CRD {name}", f"metadata.labels[{SCHEMA}]", schema, newest)
                for name, schema in older.items()
            ),
            _RESTART,
        )


def _order(schema: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in schema.split("."))
