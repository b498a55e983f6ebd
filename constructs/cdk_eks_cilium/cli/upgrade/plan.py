"""``upgrade plan``: the steps to a newer Cilium and Kubernetes, from what is deployed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.cli.answer import FINDINGS, GOOD, STOPPED, Answer, Block, Heading, UsageError, section
from cdk_eks_cilium.cli.chart import add_online, rendering
from cdk_eks_cilium.cli.doctor.sources import declare_source, opening
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.cli.settings_option import DEFAULT_SETTINGS, add_settings, read_settings
from cdk_eks_cilium.doctor.engine.plan import NOTHING
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings import Settings, references
from cdk_eks_cilium.upgrade_plan import CommandNames, Deployed, PlannedStep, Stop, UpgradePlan, upgrade_plan
from cdk_eks_cilium.upgrade_plan.plan import as_json
from cdk_eks_cilium.values.upgrade import Render
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .reading import READS, deployed

_FROM = "that runs, where no cluster is asked"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser)
    parser.add_argument("--to", metavar="X.Y.Z", help="Cilium in the end (default: as the settings have it)")
    parser.add_argument(
        "--kubernetes", metavar="1.N", help="Kubernetes in the end (default: as the settings have it)"
    )
    parser.add_argument("--deployed-cilium", metavar="X.Y.Z", help=f"the release {_FROM}")
    parser.add_argument("--deployed-kubernetes", metavar="1.N", help=f"the minor {_FROM}")
    declare_source(parser)
    add_online(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """List the steps to a newer Cilium and Kubernetes, in the order in which Cilium tests each state between.

    Each step has what comes first, the setting to change, what to check afterwards, what to mind, and the
    way back. The exit status is 1 if a step cannot be made, or must wait.
    """
    settings = read_settings(options)
    try:
        runs = _deployed(options)
    except UnreachableError as error:
        return Answer(code=STOPPED, notes=[str(error)])
    goal = Stop(
        CiliumVersion.of(options.to, where="--to") if options.to else environment.cilium_version(settings),
        options.kubernetes or settings.kubernetes_version,
    )
    notes: list[str] = []
    found = upgrade_plan(
        runs,
        goal,
        environment.cilium_values(settings),
        references(settings),
        _by_helm(settings, notes, online=options.online),
        CommandNames(settings.name, str(options.settings or DEFAULT_SETTINGS)),
    )
    return Answer(as_json(found), _shown(found), FINDINGS if found.problems else GOOD, notes)


def _by_helm(settings: Settings, notes: list[str], *, online: bool) -> Render:
    def render(release: CiliumVersion) -> list[Problem]:
        tried = rendering(settings, release, online=online)
        notes.extend(tried.notes)
        return tried.problems

    return render


def _deployed(options: argparse.Namespace) -> Deployed:
    """What runs: as the options say, or as the cluster or the dump tells.

    Raises:
        UnreachableError: The cluster cannot be asked.
        UsageError: Options contradict each other, or what must be known cannot be read.
    """
    cilium, kubernetes = options.deployed_cilium, options.deployed_kubernetes
    if cilium and kubernetes:
        return Deployed(CiliumVersion.of(cilium, where="--deployed-cilium"), kubernetes)
    if cilium or kubernetes:
        raise UsageError("--deployed-cilium and --deployed-kubernetes go together")
    subject, opened = opening(options, NOTHING, READS)
    try:
        return deployed(Seen(opened().reader))
    except UnreachableError:
        raise
    except UnreadError as error:
        give = "give --deployed-cilium and --deployed-kubernetes"
        raise UsageError(f"what {subject} runs is unknown: {error}; {give}") from None


def _shown(found: UpgradePlan) -> Iterator[Block]:
    start = f"Cilium {found.deployed.cilium}, Kubernetes {found.deployed.kubernetes}"
    goal = f"Cilium {found.goal.cilium}, Kubernetes {found.goal.kubernetes}"
    if not found.steps:
        yield Heading(f"{goal} is what runs: there is nothing to do")
        yield from section("First", map(str, found.hindrances))
        return
    count = f"{len(found.steps)} step{'s' if len(found.steps) > 1 else ''}"
    yield Heading(f"{start} -> {goal}: {count}", bad=bool(found.problems))
    yield from (f"  {number}. {step.title}" for number, step in enumerate(found.steps, start=1))
    yield from section("First", map(str, found.hindrances))
    yield from section("Mind", found.cautions)
    for number, step in enumerate(found.steps, start=1):
        yield Heading(f"Step {number} of {len(found.steps)}: {step.title}", bad=bool(step.problems))
        yield from _step(step)


def _step(step: PlannedStep) -> Iterator[Block]:
    yield from section("This step cannot be made:", map(str, step.problems))
    yield from section("Before", step.first)
    yield from section("Change", (f"{key}: {_quoted(value)}" for key, value in step.change.items()))
    yield from section("Then", step.then)
    yield from section("Mind", step.cautions)
    yield from section("Way back", step.way_back)


def _quoted(value: str) -> str:
    """A release as YAML text: 1.30 would be a number."""
    return f'"{value}"' if value.count(".") == 1 else value
