"""The steps of an upgrade of Cilium and Kubernetes, in order, each with what to mind and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.values.upgrade import Render, Step, upgrade
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.kubernetes import problems as kubernetes_problems
from cdk_eks_cilium.versions.kubernetes import support_warnings
from cdk_eks_cilium.versions.pairing import pairing_notes, pairing_warnings, release_warnings
from cdk_eks_cilium.versions.upgrade_notes import Note

from .command_names import CommandNames
from .deployed import Deployed, goal_problems
from .pre_flight import pre_flight
from .route import Stop, route
from .way_back import of_cilium, of_kubernetes

Subject = Literal["cilium", "kubernetes"]

_APART: Final = ("crds", "one-way")
"""Notes that have a names of their own in a step."""


@dataclass(frozen=True)
class PlannedStep:
    """One step.

    Attributes:
        subject: What goes up.
        before: The state before.
        after: The state after.
        first: What to do before, as commands; comments begin with ``#``.
        change: The settings to change, by their keys.
        then: What to do after the deploy, as commands.
        cautions: What to mind, in sentences.
        way_back: How to go back, and until when.
        reading: What the release changes for these values; None for a step of Kubernetes.
        problems: Why the step cannot be made.
    """

    subject: Subject
    before: Stop
    after: Stop
    first: tuple[str, ...]
    change: Mapping[str, str]
    then: tuple[str, ...]
    cautions: tuple[str, ...]
    way_back: tuple[str, ...]
    reading: Step | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        """What changes, in short."""
        if self.subject == "cilium":
            return f"Cilium {self.before.cilium} -> {self.after.cilium}"
        return f"Kubernetes {self.before.kubernetes} -> {self.after.kubernetes}"


@dataclass(frozen=True)
class UpgradePlan:
    """All steps.

    Attributes:
        deployed: What runs.
        goal: The state in the end.
        steps: The steps; empty where the goal is what runs.
        hindrances: Why the first step must wait.
        cautions: What to mind for the whole way.
    """

    deployed: Deployed
    goal: Stop
    steps: tuple[PlannedStep, ...]
    hindrances: tuple[Problem, ...]
    cautions: tuple[str, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that prevents a step."""
        return (*self.hindrances, *(problem for step in self.steps for problem in step.problems))


def upgrade_plan(
    deployed: Deployed,
    goal: Stop,
    values: CiliumValues,
    refs: References,
    render: Render | None = None,
    names: CommandNames | None = None,
) -> UpgradePlan:
    """Plan the way.

    Args:
        deployed: What runs.
        goal: What is wanted.
        values: The values of the environment, which every step installs.
        refs: What the values refer to; placeholders will do.
        render: Renders the chart of a release by Helm; by default the rules alone judge.
        names: What the commands name; by default words that stand for it.

    Raises:
        InputError: If nothing leads to the goal, or the release that runs does not take the values.
    """
    refuse([*goal_problems(deployed, goal.cilium, goal.kubernetes)])
    start = Stop(deployed.cilium, deployed.kubernetes)
    way = route(start, goal)
    names = names or CommandNames()
    readings: dict[CiliumVersion, Step] = {}
    if start.cilium != goal.cilium:
        whole = upgrade(values, refs, start.cilium, goal.cilium, render=render)
        readings = {step.new: step for step in whole.steps}
    steps = tuple(
        _cilium(values, before, after, readings[after.cilium], names)
        if before.cilium != after.cilium
        else _kubernetes(before, after, way, names)
        for before, after in pairwise(way)
    )
    cautions = (*deployed.too_old(), *release_warnings(goal.cilium), *support_warnings(goal.kubernetes))
    return UpgradePlan(deployed, goal, steps, tuple(deployed.hindrances()), cautions)


def _deploy(names: CommandNames) -> Iterator[str]:
    yield f"make diff{names.make}"
    yield f"make deploy{names.make}"


def _judge(names: CommandNames) -> Iterator[str]:
    yield "cilium status --wait"
    yield f"{names.doctor} --wait --count 3"


def _cilium(
    values: CiliumValues, before: Stop, after: Stop, reading: Step, names: CommandNames
) -> PlannedStep:
    crds = [f"# {_told(note)}" for note in reading.notes if note.kind == "crds"]
    # Cilium checks the way up alone.
    check = pre_flight(values, after.cilium, names) if after.cilium > before.cilium else ()
    return PlannedStep(
        "cilium",
        before,
        after,
        (*crds, *check),
        {"cilium.version": str(after.cilium)},
        (*_deploy(names), *_judge(names)),
        (
            *_pairs(after),
            *(_told(note) for note in reading.notes if note.kind not in _APART),
            *reading.warnings,
        ),
        tuple(of_cilium(before, after, reading)),
        reading,
        tuple(reading.problems),
    )


def _kubernetes(before: Stop, after: Stop, way: tuple[Stop, ...], names: CommandNames) -> PlannedStep:
    return PlannedStep(
        "kubernetes",
        before,
        after,
        (
            "# Findings here are APIs and versions that the next release no longer takes:",
            f"aws eks list-insights --cluster-name {names.cluster} --filter categories=UPGRADE_READINESS",
            names.doctor,
        ),
        {"kubernetes_version": after.kubernetes},
        (
            *_deploy(names),
            "# The control plane goes first, then the node groups, node by node: drains respect budgets.",
            "kubectl get nodes --output wide",
            *_judge(names),
        ),
        tuple(_pairs(after)),
        tuple(of_kubernetes(before, after, way, names)),
        problems=tuple(kubernetes_problems("--kubernetes", after.kubernetes)),
    )


def _told(note: Note) -> str:
    return f"{note.text} ({note.source})"


def _pairs(stop: Stop) -> Iterator[str]:
    yield from pairing_warnings(stop.cilium, stop.kubernetes)
    yield from pairing_notes(stop.cilium, stop.kubernetes)


def as_json(plan: UpgradePlan) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "deployed": {
            "cilium": str(plan.deployed.cilium),
            "kubernetes": plan.deployed.kubernetes,
            "kubelets": list(plan.deployed.kubelets),
            "agents": list(plan.deployed.agents),
        },
        "goal": {"cilium": str(plan.goal.cilium), "kubernetes": plan.goal.kubernetes},
        "cautions": list(plan.cautions),
        "problems": [problem.as_json() for problem in plan.hindrances],
        "steps": [
            {
                "subject": step.subject,
                "title": step.title,
                "before": {"cilium": str(step.before.cilium), "kubernetes": step.before.kubernetes},
                "after": {"cilium": str(step.after.cilium), "kubernetes": step.after.kubernetes},
                "first": list(step.first),
                "change": dict(step.change),
                "then": list(step.then),
                "cautions": list(step.cautions),
                "way_back": list(step.way_back),
                "problems": [problem.as_json() for problem in step.problems],
            }
            for step in plan.steps
        ],
    }
