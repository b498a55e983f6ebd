"""What was left out of an answer, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cdk_eks_cilium.policy_analysis.pod_makers import POD_MAKERS
from cdk_eks_cilium.problems import Problem

Reason = Literal[
    "other kind",
    "not enforced",
    "other plugin",
    "not an object",
    "not judged",
    "not rendered",
    "template",
    "patch",
    "kustomization",
    "finished",
    "same again",
    "unread",
]
"""Why something was left out.

``other kind``: policies do not depend on objects of the kind. ``not enforced``: a policy that Cilium
ignores, and that can be converted. ``other plugin``: a policy that only another network plugin reads.
``not an object``: YAML of something else than Kubernetes. ``not judged``: the kind matters for who reaches
whom, and is not judged here. ``not rendered``: it stands for objects that a controller renders from somewhere
else. ``template``: a template that nobody rendered. ``patch``: a part of an object, for Kustomize.
``kustomization``: what a kustomization does beside setting a namespace. ``finished``: a pod that ended.
``same again``: an object that was read before. ``unread``: it is wrong, as its problem says.
"""

_MATTERS: Final = frozenset({"not judged", "not rendered", "template", "patch", "kustomization", "unread"})
_MOST: Final = 5
_MOST_WRONG: Final = 30
_DIFFER: Final = "answers may differ"
ELSEWHERE: Final = "resources that are not in the files"
MAKING: Final = frozenset(
    {ELSEWHERE, "components", "generators", "helmCharts", "helmChartInflationGenerator"}
)
"""What makes objects in kustomizations that are not in the files."""


@dataclass(frozen=True)
class LeftOut:
    """Something that an answer leaves out.

    Attributes:
        file: The file.
        where: File and line, and for an object its kind and name.
        reason: Why.
        kind: Its kind; empty if unknown.
        problem: What is wrong with it; None if nothing is.
        detail: What of it was left out, if it is not all of it; of an ``other plugin`` which one.
    """

    file: str
    where: str
    reason: Reason
    kind: str = ""
    problem: Problem | None = None
    detail: tuple[str, ...] = ()

    @property
    def matters(self) -> bool:
        """Whether answers could be others with it."""
        return self.reason in _MATTERS

    def as_json(self) -> dict[str, Any]:
        """What was left out as plain data."""
        problem = {"problem": self.problem.as_json()} if self.problem else {}
        return {
            "where": self.where,
            "kind": self.kind,
            "reason": self.reason,
            "matters": self.matters,
            **problem,
            **({"detail": list(self.detail)} if self.detail else {}),
        }


def notes(left_out: Iterable[LeftOut]) -> list[str]:
    """What was left out in words: a line for each group, and one for everything that is wrong."""
    groups: dict[Reason, list[LeftOut]] = {}
    for each in left_out:
        groups.setdefault(each.reason, []).append(each)
    wrong = [each.problem.line for each in groups.pop("unread", []) if each.problem]
    found = [f"left out, {_DIFFER}: {line}" for line in wrong[:_MOST_WRONG]]
    if len(wrong) > _MOST_WRONG:
        more = _count(len(wrong) - _MOST_WRONG, "further problem")
        found.append(f"left out, {_DIFFER}: {more}, see --json")
    return [*found, *(_WORDS[reason](group) for reason, group in sorted(groups.items()))]


def unrendered(left_out: Iterable[LeftOut]) -> list[str]:
    """What of the input makes pods that are not in it, by kind: ``HelmRelease``, ``template``."""
    found: dict[str, None] = {}
    for each in left_out:
        if each.reason in ("not judged", "not rendered"):
            found[each.kind] = None
        elif each.reason == "template" and each.kind in ("", *POD_MAKERS, "Pod"):
            found["template"] = None
        elif each.reason == "kustomization" and not MAKING.isdisjoint(each.detail):
            found[each.kind] = None
    return list(found)


def _other_kinds(group: Sequence[LeftOut]) -> str:
    return f"left out: {_documents(group)} of {_kinds(group)}, in {_files(group)}"


def _not_enforced(group: Sequence[LeftOut]) -> str:
    what = f"{_documents(group)} of {_kinds(group)}"
    return f"left out: {what}, which Cilium does not enforce, in {_files(group)}; see 'policy convert'"


def _other_plugins(group: Sequence[LeftOut]) -> str:
    plugins = listed(list(dict.fromkeys(name for each in group for name in each.detail)))
    what = f"{_documents(group)} of {_kinds(group)} of {plugins}"
    return f"left out: {what}, which Cilium does not read and nothing here converts, in {_files(group)}"


def _not_objects(group: Sequence[LeftOut]) -> str:
    return f"left out: {_documents(group)} other than objects of Kubernetes, in {_files(group)}"


def _not_judged(group: Sequence[LeftOut]) -> str:
    return f"left out, {_DIFFER}: {_documents(group)} of {_kinds(group)}, not judged, in {_files(group)}"


def _not_rendered(group: Sequence[LeftOut]) -> str:
    what = f"{_documents(group)} of {_kinds(group)}, whose pods and policies are not in the files"
    return f"left out, {_DIFFER}: {what}, in {_files(group)}; add what they render to"


def _templates(group: Sequence[LeftOut]) -> str:
    count = _count(len(group), "template")
    return f"left out, {_DIFFER}: {count}, in {_files(group)}; render with 'helm template' or the like first"


def _patches(group: Sequence[LeftOut]) -> str:
    count = _count(len(group), "patch", "patches")
    return f"left out, {_DIFFER}: {count}, in {_files(group)}; render with 'kustomize build' first"


def _kustomizations(group: Sequence[LeftOut]) -> str:
    details = Counter(name for each in group for name in each.detail)
    what = f"{listed([name for name, _ in details.most_common()])}, of {_count(len(group), 'kustomization')}"
    return f"left out, {_DIFFER}: {what}, in {_files(group)}; render with 'kustomize build' first"


def _finished(group: Sequence[LeftOut]) -> str:
    return f"left out: {_count(len(group), 'pod')} that ended"


def _same(group: Sequence[LeftOut]) -> str:
    return (
        f"left out: {_count(len(group), 'object')} that came before with the same content, in {_files(group)}"
    )


_WORDS: Final = {
    "other kind": _other_kinds,
    "not enforced": _not_enforced,
    "other plugin": _other_plugins,
    "not an object": _not_objects,
    "not judged": _not_judged,
    "not rendered": _not_rendered,
    "template": _templates,
    "patch": _patches,
    "kustomization": _kustomizations,
    "finished": _finished,
    "same again": _same,
}


def _documents(group: Sequence[LeftOut]) -> str:
    return _count(len(group), "document")


def _kinds(group: Sequence[LeftOut]) -> str:
    names = [kind for kind, _ in Counter(each.kind for each in group).most_common()]
    return f"kind{'' if len(names) == 1 else 's'} {listed(names)}"


def _files(group: Sequence[LeftOut]) -> str:
    names = list(dict.fromkeys(each.file for each in group))
    return names[0] if len(names) == 1 else f"{len(names)} files: {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Names in one clause; of many, the rest as a number."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
