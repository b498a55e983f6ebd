"""A cluster as its APIs tell it, to be broken in one place: what checks read, as plain data.

Fields have the spelling of the Kubernetes API, of Cilium's CRDs (`ciliumnodes.cilium.io`:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnodes.yaml) and of
the answers of EC2 and EKS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis, Result
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.engine.reader import Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Objects, Reading
from cdk_eks_cilium.doctor.engine.seen import Seen

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

Thing = dict[str, Any]


@dataclass
class World:
    """What a reader finds; tests change it in place.

    Attributes:
        things: The objects of each reading. A reading that is missing here is not served.
        plan: What settings want.
        unread: Readings that fail, with the reason.
    """

    things: dict[Reading, list[Thing]]
    plan: Plan
    unread: dict[Reading, str] = field(default_factory=dict)

    def read(self, reading: Reading) -> Read:
        """The objects of a reading, as a reader gives them."""
        if reading in self.unread:
            raise UnreadError(self.unread[reading])
        if reading not in self.things:
            return Read(served=False)
        return Read(deepcopy(self.things[reading]))

    def all(self, reading: Reading) -> list[Thing]:
        """The objects of a reading, to be changed."""
        return self.things[reading]

    def one(self, reading: Reading, name: str = "") -> Thing:
        """The object of a name, to be changed; the first without a name.

        Raises:
            LookupError: It is not there, and so the test would break nothing.
        """
        for each in self.things[reading]:
            if not name or at(each, "metadata.name") == name or name in each.values():
                return each
        raise LookupError(f"{reading} has no {name}")

    def add(self, reading: Reading, *things: Thing) -> None:
        """Add objects."""
        self.things.setdefault(reading, []).extend(things)

    def remove(self, reading: Reading, name: str) -> None:
        """Remove the object of a name."""
        self.things[reading].remove(self.one(reading, name))

    def planned(self, **parts: Any) -> None:
        """Change the plan."""
        self.plan = replace(self.plan, **parts)

    def seen(self) -> Seen:
        """What checks look at."""
        return Seen(self, self.plan, NOW)

    def diagnose(self, checks: Sequence[Check] | None = None) -> Diagnosis:
        """The outcome of checks; of all by default."""
        return examine(all_checks() if checks is None else checks, self.seen())


def thing(reading: Objects, name: str, namespace: str = "", **parts: Any) -> Thing:
    """An object of a kind, with its metadata; *parts* may have more of it."""
    meta: Thing = {"name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-11-01T08:00:00Z"}
    if namespace:
        meta["namespace"] = namespace
    meta |= parts.pop("metadata", {})
    group = f"{reading.group}/{reading.version}" if reading.group else reading.version
    return {"apiVersion": group, "kind": reading.kind, "metadata": meta, **parts}


def by_helm(fields: Thing, manager: str = "helm", time: str = "2026-11-01T08:00:00Z") -> Thing:
    """The fields of a manager, as the API server remembers them."""
    return {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": "v1",
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def owned(kind: str, name: str) -> list[Thing]:
    """The owner of a pod."""
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def result(world: World, check: Check) -> Result:
    """The outcome of one check."""
    (found,) = world.diagnose([check]).results
    return found


def findings(diagnosis: Diagnosis) -> list[str]:
    """The ids of checks that found something, in order."""
    return [result.check.id for result in diagnosis.results if result.findings]


def told(diagnosis: Diagnosis) -> str:
    """All findings and unknowns as text, for assertions on words."""
    lines: list[str] = []
    for result in diagnosis.results:
        for finding in result.findings:
            lines.append(f"{result.check.id}: {finding.severity}: {finding.summary}")
            lines += map(str, finding.evidence)
            lines.append(finding.fix)
        lines += [f"{result.check.id}: unknown: {reason}" for reason in result.unknown]
    return "\n".join(lines)


def ready(yes: bool = True, since: str = "2026-11-01T08:05:00Z") -> list[Thing]:
    """The condition Ready."""
    return [{"type": "Ready", "status": "True" if yes else "False", "lastTransitionTime": since}]


def only(checks: Iterable[Check], id: str) -> Check:
    """The check of an id."""
    return next(each for each in checks if each.id == id)


def labels(**pairs: str) -> Mapping[str, str]:
    """Labels whose keys are words; underscores become hyphens."""
    return {key.replace("_", "-"): value for key, value in pairs.items()}
