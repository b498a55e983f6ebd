"""Rehearse the updates that users make, and report what each one does while it runs.

Each run is a rehearsal of its own: the deployment, one change of its settings, and the destroy.
"""

from __future__ import annotations

import argparse
import copy
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.environment import Settings, read, synthesize
from bench.machine import ROOT
from bench.report import titled
from cdk_eks_cilium.versions import CiliumVersion, minors
from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.cloudformation.state import Event
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport

_STACK: Final = "AWS::CloudFormation::Stack"

Edit = Callable[[Settings], None]


def leave(settings: Settings) -> None:
    """Leaves the settings as they are."""


@dataclass(frozen=True)
class Change:
    """A change that users make to their settings.

    Attributes:
        name: The change, in words.
        after: Makes of the given settings the ones after it, in place.
        before: Makes of the given settings the ones before it. By default they stay as they are.
        refused: What CloudFormation says to it; empty for a change that it makes.
        nodes: Whether every node is replaced.
    """

    name: str
    after: Edit
    before: Edit = leave
    refused: str = ""
    nodes: bool = False


def _put(*path: str | int, value: Any) -> Edit:
    """Sets what is at a path, such as ``("cilium", "egress")``."""

    def edit(settings: Settings) -> None:
        place: Any = settings
        for step in path[:-1]:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
        place[path[-1]] = value

    return edit


def cilium_step(old: CiliumVersion, new: CiliumVersion) -> Change:
    """An upgrade of Cilium."""
    return Change(
        f"Cilium {old.minor} to {new.minor}",
        _put("cilium", "version", value=new.number),
        before=_put("cilium", "version", value=old.number),
    )


def _more_groups(settings: Settings) -> None:
    settings["node_groups"].append({"name": "more", "instance_types": ["m6i.xlarge"]})


#: The newest patch of each minor that upgrades are rehearsed from and to.
_RELEASES: Final = [
    CiliumVersion.newest_of(minor) for minor in minors()[minors().index(CiliumVersion.V1_16.minor) :]
]
CHANGES: Final = (
    Change("add a node group", _more_groups),
    Change("remove a node group", leave, before=_more_groups),
    Change(
        "other instance types", _put("node_groups", 0, "instance_types", value=["m6i.xlarge"]), nodes=True
    ),
    Change("egress of pods: node to pod", _put("cilium", "egress", value="pod"), nodes=True),
    Change(
        "egress of pods: pod to node",
        _put("cilium", "egress", value="node"),
        before=_put("cilium", "egress", value="pod"),
        nodes=True,
    ),
    *(cilium_step(old, new) for old, new in pairwise(_RELEASES)),
    Change(
        "Kubernetes one minor",
        _put("kubernetes_version", value="1.35"),
        before=_put("kubernetes_version", value="1.34"),
        nodes=True,
    ),
    Change("add tenants", _put("tenants", value=[{"namespace": "shop"}, {"namespace": "batch"}])),
    Change(
        "remove a tenant",
        _put("tenants", value=[{"namespace": "shop", "removal": "delete"}]),
        before=_put(
            "tenants",
            value=[{"namespace": "shop", "removal": "delete"}, {"namespace": "batch", "removal": "delete"}],
        ),
    ),
    Change("a further pod range", _put("network", "further_pod_cidrs", value=["100.80.0.0/16"]), nodes=True),
    Change(
        "another pod range",
        _put("network", "pod_cidr", value="100.80.0.0/16"),
        refused="as it is in use by",
    ),
)
"""The changes, of which `docs/changes.md` says what they do."""


@dataclass(frozen=True)
class Outcome:
    """What an update did.

    Attributes:
        change: The change.
        touched: How many resources it created, updated, replaced or deleted.
        nodes: Nodes before it, nodes that are new after it, and the fewest that were Ready while it ran.
        dns: Whether CoreDNS had a replica all the time.
        cut: What the cluster needs and did not reach for a time.
        faults: What is wrong in the end, or was while it ran.
        refused: Whether CloudFormation refused it.
    """

    change: str
    touched: int
    nodes: tuple[int, int, int]
    dns: bool
    cut: tuple[str, ...]
    faults: tuple[str, ...]
    refused: bool = False


@dataclass
class Watch:
    """Looks at the clusters of an account at each event of an update.

    Attributes:
        before: The nodes that were Ready before it.
        after: The nodes that are Ready after it.
        fewest: The fewest nodes that were Ready while it ran.
        dns: Whether CoreDNS had a replica all the time.
        touched: The resources that it touched, by stack and logical id.
    """

    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)
    fewest: int = 0
    dns: bool = True
    touched: set[tuple[str, str]] = field(default_factory=set)
    _account: Account | None = None

    def begin(self, account: Account) -> None:
        """The update begins."""
        self._account = account
        self.before = self._ready()
        self.fewest = len(self.before)

    def end(self, _: Account) -> None:
        """The update has ended."""
        self.after, self._account = self._ready(), None

    def event(self, event: Event) -> None:
        """Something happens, before or after the beginning too."""
        if self._account is None:
            return
        if event.type == _STACK and event.status == "DELETE_IN_PROGRESS":
            # After a refused update the destroy follows at once.
            self.end(self._account)
            return
        self.fewest = min(self.fewest, len(self._ready()))
        self.dns = self.dns and all(
            cluster.kubernetes.addon_state("coredns")[0] for cluster in self._account.clusters.values()
        )
        if event.type != _STACK:
            self.touched.add((event.stack, event.logical_id))

    def _ready(self) -> set[str]:
        assert self._account is not None
        return {
            name
            for cluster in self._account.clusters.values()
            for name in list(cluster.nodes)
            if cluster.kubernetes.node_state(name).ready
        }


def play(change: Change, settings: Settings, charts: Path | None = None) -> Outcome:
    """Rehearses a change.

    Args:
        change: The change.
        settings: The settings that it is made to.
        charts: Folder of packaged charts; a stand-in chart by default.
    """
    before, after = copy.deepcopy(settings), copy.deepcopy(settings)
    change.before(before)
    change.after(after)
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="updates-") as name:
        old, new = (synthesize(each, Path(name) / place) for each, place in ((before, "old"), (after, "new")))
        report = rehearse(
            old,
            update=new,
            options=Options(charts=charts),
            between=watch.begin,
            inspect=watch.end,
            listener=watch.event,
        )
    return Outcome(
        change.name,
        len(watch.touched),
        (len(watch.before), len(watch.after - watch.before), watch.fewest),
        watch.dns,
        tuple(each.way for each in report.interruptions if each.needed),
        tuple(faults(change, watch, report)),
        bool(report.failures),
    )


def faults(change: Change, watch: Watch, report: RehearsalReport) -> Iterator[str]:
    """What is wrong after an update, or was while it ran."""
    reasons = list(report.failures.values())
    if change.refused and not reasons:
        yield "CloudFormation does not refuse it"
    yield from (each for each in reasons if not change.refused or change.refused not in each)
    yield from (f"{each.check}: {each.detail}" for each in report.findings if not each.good)
    if watch.fewest < min(len(watch.before), len(watch.after) or len(watch.before)):
        yield f"{watch.fewest} of {len(watch.before)} nodes were Ready while it ran"
    if not watch.dns:
        yield "CoreDNS had no replica while it ran"
    kept = watch.before & watch.after
    if change.nodes and kept:
        yield f"it keeps {len(kept)} nodes"
    if not change.nodes and not change.refused and len(kept) < min(len(watch.before), len(watch.after)):
        yield "it replaces nodes"


def report(outcomes: list[Outcome], console: Console) -> None:
    """Print a table of the updates, and every fault below it."""
    table = titled(
        "What an update does", "resources", "nodes", "new nodes", "fewest Ready", "CoreDNS", "cut", "ends"
    )
    for each in outcomes:
        numbers = map(str, (each.touched, *each.nodes))
        dns = "all the time" if each.dns else "WRONG"
        table.add_row(each.change, *numbers, dns, str(len(each.cut) or "nothing"), _end(each))
    console.print(table)
    for each in outcomes:
        for way in each.cut:
            console.print(f"{each.change} cuts: {way}", highlight=False, markup=False, soft_wrap=True)
        for fault in each.faults:
            console.print(f"{each.change}: {fault}", highlight=False, markup=False, soft_wrap=True)


def _end(outcome: Outcome) -> str:
    if outcome.faults:
        return "WRONG"
    return "refused, as it must be" if outcome.refused else "well"


def main(arguments: list[str] | None = None) -> int:
    """Rehearse the changes and report; 1 if one ends badly."""
    parser = argparse.ArgumentParser(prog="python -m bench.updates", description=__doc__)
    parser.add_argument("settings", nargs="?", type=Path, default=ROOT / "settings.yaml")
    parser.add_argument("--only", metavar="TEXT", default="", help="the changes with this in their name")
    given = parser.parse_args(arguments)
    # moto's server logs every request at INFO.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    charts = os.environ.get("CILIUM_CHARTS")
    settings = read(given.settings)
    outcomes = []
    with Console(stderr=True).status("") as status:
        for change in CHANGES:
            if given.only in change.name:
                status.update(change.name)
                outcomes.append(play(change, settings, Path(charts) if charts else None))
    # A pipe has no width, in which a table would be folded.
    report(outcomes, Console() if sys.stdout.isatty() else Console(width=160))
    return 1 if any(each.faults for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
