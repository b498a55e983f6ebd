"""Command line: `python -m rehearsal ASSEMBLY_DIR`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from rich.console import Console

from rehearsal.aws.runtime import Options
from rehearsal.cloudformation.assembly import AssemblyError
from rehearsal.kubernetes.real.assets import AssetsError, needed_assets
from rehearsal.rehearse import rehearse
from rehearsal.report.progress import Progress, as_json, print_report, write_picture


def _parser() -> argparse.ArgumentParser:
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal",
        description="Plays the deployment of a cloud assembly on this machine: creates, checks, destroys.",
        epilog="Exit status: 0 everything is as it should be, 1 something is wrong, 2 wrong usage.",
    )
    add = parser.add_argument
    add("assembly", type=Path, help="folder that `cdk synth -o` wrote")
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
    add("--json", action="store_true", help="print the report as JSON and nothing else")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns the exit status."""
    given = _parser().parse_args(arguments)
    # moto's server logs every request at INFO.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    names = ("fail", "fail_on", "authorization_delay", "charts", "online", "new_images", "orphan_enis")
    console = Console(quiet=given.json)
    try:
        assets = needed_assets(os.environ, "--api-server") if given.api_server else None
        options = Options(**{name: getattr(given, name) for name in names}, api_server=assets)
        with Progress(console) as progress:
            report = rehearse(
                given.assembly,
                update=given.update,
                destroy=not given.no_destroy,
                options=options,
                listener=progress.event,
                say=progress.say,
            )
    except (AssemblyError, AssetsError) as error:
        print(error, file=sys.stderr)
        return 2
    if given.picture and not write_picture(report, given.picture):
        print("nothing to draw: no cluster was created", file=sys.stderr)
    if given.json:
        print(as_json(report))
    else:
        print_report(report, console, every_way=given.reachability)
    return 0 if report.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
