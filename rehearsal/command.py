"""The command line's options, and what they make of a rehearsal."""

# no belief: the command line

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.charts.toolchain import ToolchainError, refuse_other_machines
from rehearsal.charts.trial import refused_releases
from rehearsal.cloudformation.assembly import Assembly, AssemblyError
from rehearsal.kubernetes.real.assets import AssetsError, needed_assets
from rehearsal.observed.examination import write_end_state
from rehearsal.pace import PACE
from rehearsal.rehearse import rehearse
from rehearsal.report.document import document
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.progress import Progress, print_report, write_picture
from rehearsal.stopping import MACHINE, Stopping, error

_USAGE = 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as JSON where a program reads."""

    as_json = False

    def error(self, message: str) -> NoReturn:
        if self.as_json:
            print(json.dumps(error("usage", message, _USAGE), indent=2))
            raise SystemExit(_USAGE)
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """The options."""
    defaults = Options()
    made = _Parser(
        prog="python -m rehearsal",
        description="Plays the deployment of a cloud assembly on this machine: creates, checks, destroys.",
        epilog="Exit status: 0 everything is as it should be, 1 something is wrong, 2 wrong usage, "
        "3 the rehearsal could not go on, 130 interrupted.",
    )
    add = made.add_argument
    add("assembly", type=Path, help="folder that `cdk synth -o` wrote")
    add(
        "--only",
        metavar="STACK",
        action="append",
        default=[],
        help="report on this stack; what it needs is deployed first, without a report (repeatable)",
    )
    add("--update", type=Path, metavar="DIR", help="second assembly to update to before destroying")
    add("--fail", metavar="ID_OR_TYPE", help="let the first creation of this logical id or type fail")
    add(
        "--fail-on",
        choices=("create", "update", "delete"),
        default=defaults.fail_on,
        help="what --fail lets fail; a failed update or destroy is tried again (%(default)s)",
    )
    add("--no-destroy", action="store_true", help="stop after the creation")
    charts = os.environ.get("CILIUM_CHARTS")
    add(
        "--charts",
        type=Path,
        metavar="DIR",
        default=Path(charts) if charts else None,
        help="folder of packaged Cilium charts; CILIUM_CHARTS, else a small stand-in chart",
    )
    add("--online", action="store_true", help="take charts from the repository the template names")
    add(
        "--authorization-delay",
        type=float,
        metavar="S",
        default=defaults.authorization_delay,
        help="seconds a new access entry stays without effect (%(default)s)",
    )
    add("--new-images", action="store_true", help="let AWS publish new images of nodes before the update")
    add(
        "--orphan-enis",
        type=int,
        metavar="N",
        default=defaults.orphan_enis,
        help="pod network interfaces left behind when nodes go (%(default)s)",
    )
    add(
        "--api-server",
        action="store_true",
        help="serve the clusters' API by the etcd and kube-apiserver in KUBEBUILDER_ASSETS",
    )
    add("--reachability", action="store_true", help="print every way of the network, with its hops")
    add("--picture", type=Path, metavar="FILE", help="draw who reaches whom, as SVG")
    add(
        "--dump",
        type=Path,
        metavar="DIR",
        help="write the end state as a dump, which `cdk-eks-cilium doctor --from DIR` examines",
    )
    add("--json", action="store_true", help="print the report, or the error, as JSON and nothing else")
    add("--timeline", type=Path, metavar="FILE", help="write the timeline as SVG")
    add("--html", type=Path, metavar="FILE", help="write the report as one HTML file")
    return made


def main(arguments: list[str] | None = None, stopping: Stopping | None = None) -> int:
    """Runs the command line and returns the exit status.

    Args:
        arguments: The words; by default the words this process was started with.
        stopping: What ends this process before its end; by default nothing.
    """
    words = sys.argv[1:] if arguments is None else arguments
    _Parser.as_json = "--json" in words
    given = parser().parse_args(words)
    if stopping is not None:
        stopping.as_json = given.json
    # moto's server logs every request at INFO.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    console = Console(quiet=given.json)
    try:
        refuse_other_machines()
        for path in (given.timeline, given.html, given.picture):
            _refuse_unwritable(path)
        _refuse_full(given.dump)
        _refuse_what_charts_refuse(given)
        report = _played(given, console, stopping)
        _write(report, given)
    except AssetsError as wrong:
        return _fail("usage", str(wrong), _USAGE, given.json)
    except AssemblyError as wrong:
        return _fail("assembly", str(wrong), _USAGE, given.json)
    except OSError as wrong:
        return _fail("machine", f"this machine: {wrong}", MACHINE, given.json)
    except ToolchainError as wrong:
        return _fail("machine", f"this machine: {wrong}", MACHINE, given.json)
    if given.json:
        print(json.dumps(document(report), indent=2, default=str))
    else:
        print_report(report, console, every_way=given.reachability)
    return 0 if report.succeeded else 1


def _played(given: argparse.Namespace, console: Console, stopping: Stopping | None) -> RehearsalReport:
    names = ("fail", "fail_on", "authorization_delay", "charts", "online", "new_images", "orphan_enis")
    assets = needed_assets(os.environ, "--api-server") if given.api_server else None
    with Progress(console) as progress:
        if stopping is not None:
            stopping.before.append(progress.stop)
            PACE.on_standstill = stopping.stand_still
        return rehearse(
            given.assembly,
            update=given.update,
            destroy=not given.no_destroy,
            options=Options(**{name: getattr(given, name) for name in names}, api_server=assets),
            only=given.only,
            listener=progress.event,
            say=progress.say,
            inspect=partial(_write_dumps, given.dump),
        )


def _write_dumps(folder: Path | None, account: Account) -> None:
    """The end state of the cluster; of several clusters each in a folder of its name."""
    if folder is None:
        return
    for name, cluster in account.clusters.items():
        write_end_state(folder / name if len(account.clusters) > 1 else folder, account, cluster)


def _refuse_what_charts_refuse(given: argparse.Namespace) -> None:
    """Values that the chart at hand does not render are told before the rehearsal, and not in its middle."""
    if given.charts is None or given.online:
        return
    for folder in filter(None, (given.assembly, given.update)):
        resources = (
            (name, resource, stack.existing_crds(name))
            for stack in Assembly.load(folder).stacks
            for name, resource in stack.resources.items()
        )
        if refused := list(refused_releases(resources, given.charts)):
            raise AssemblyError("\n".join(refused))


def _refuse_unwritable(path: Path | None) -> None:
    """A file that cannot be written is told before the rehearsal, and not after it."""
    if path is not None:
        if path.is_dir():
            raise AssemblyError(f"{path}: a folder; name a file")
        if not path.parent.is_dir():
            raise AssemblyError(f"{path}: its folder is missing; make it first")


def _refuse_full(folder: Path | None) -> None:
    """A dump is never mixed with files of another one."""
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AssemblyError(f"{folder}: must be a new or an empty folder; name another one")


def _write(report: RehearsalReport, given: argparse.Namespace) -> None:
    if given.dump and not given.dump.exists():
        print("nothing to dump: no cluster was created", file=sys.stderr)
    if given.picture and not write_picture(report, given.picture):
        print("nothing to draw: no cluster was created", file=sys.stderr)
    # Only here: they need the library's pictures, which take a moment to load.
    if given.timeline is not None:
        from rehearsal.report.picture import timeline_picture

        given.timeline.write_text(timeline_picture(report), encoding="utf-8")
    if given.html is not None:
        from rehearsal.report.page import page

        given.html.write_text(page(report), encoding="utf-8")


def _fail(kind: str, message: str, status: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps(error(kind, message, status), indent=2))
    else:
        print(message, file=sys.stderr)
    return status
