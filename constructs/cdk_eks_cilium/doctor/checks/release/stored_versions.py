"""Whether the next release of Cilium still knows the versions in which objects are stored."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.definitions import by_name
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CUSTOM_TYPES, DAEMON_SETS
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions.upgrade_notes import dropped_soon


@check(
    "stored-versions",
    "the next minor of Cilium knows the versions in which objects are stored",
    reads=(CUSTOM_TYPES, DAEMON_SETS),
    symptom="the operator of the next release does not start: its CRD lacks a stored version",
    answers=("CILIUM-one-minor",),
    links=(
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/"
        "custom-resource-definition-versioning/#upgrade-existing-objects-to-a-new-stored-version",
    ),
)
def stored_versions(seen: Seen) -> Iterator[Outcome]:
    """A CRD lists every version in which it ever stored an object. The API refuses a new form of the CRD that
    drops one of them, and the operator cannot register it.

    Objects that are written again are stored in the new version; the list must then be cut by hand.
    """
    version, found = seen.derived(known_release), seen.derived(by_name)
    wrong = []
    for minor, plural, old in dropped_soon(version):
        stored = at(found.get(f"{plural}.cilium.io"), "status.storedVersions") or []
        if old in stored:
            wrong.append((f"{plural}.cilium.io", ", ".join(stored), old, minor))
    if not wrong:
        yield Fine("no CRD stores objects in a version that ends")
        return
    yield Finding(
        Severity.WARNING,
        f"{counted(len(wrong), 'CRD')} with objects stored in a version that Cilium {wrong[0][3]} drops",
        tuple(
            Evidence(f"CRD {name}", "status.storedVersions", stored, f"without {old}")
            for name, stored, old, _ in wrong
        ),
        "\n".join(_rewrite(name) for name, *_ in wrong),
    )


def _rewrite(name: str) -> str:
    return (
        f"kubectl get {name} --all-namespaces --output json | kubectl replace --filename -\n"
        f"kubectl patch crd {name} --subresource status --type merge --patch "
        '\'{"status":{"storedVersions":["v2"]}}\''
    )
