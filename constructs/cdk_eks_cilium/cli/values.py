"""``values``: the Helm values that a deployment installs, and what another version changes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.problems.kubernetes_dumper import dump_yaml
from cdk_eks_cilium.values import cni_config_map, helm_values
from cdk_eks_cilium.values.upgrade import upgrade
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .answer import FINDINGS, GOOD, Answer, UsageError
from .chart import add_online, rendering
from .frame import add_json
from .settings_option import add_settings, read_settings
from .upgrade_report import comparison


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_settings(parser)
    parser.add_argument("--cilium", metavar="X.Y.Z", help="a version in place of the version in the settings")
    parser.add_argument(
        "--diff", nargs=2, metavar=("OLD", "NEW"), help="what an upgrade from OLD to NEW changes, as a table"
    )
    parser.add_argument(
        "--cni-config",
        action="store_true",
        help="print the CNI ConfigMap that is installed beside the release, for Cilium below "
        f"{behaviour.chart.NODE_SPEC.since}",
    )
    add_online(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """Print the Helm values that a deployment of the settings installs.

    Values that only the deployment knows are texts in angle brackets. The output is YAML, for `helm
    template --values -`. Where the chart is at hand, Helm renders them, and what it refuses is noted.
    """
    if options.diff and (options.cilium or options.cni_config):
        raise UsageError("--diff goes with neither --cilium nor --cni-config")
    settings = read_settings(options)
    notes = [f"warning: {warning}" for warning in environment.advise(settings)]
    values = environment.cilium_values(settings)
    if options.diff:
        old, new = (CiliumVersion.of(text, where="--diff") for text in options.diff)
        if old == new:
            raise UsageError(f"--diff needs two versions, got {old} twice")
        own_images = [group.name for group in settings.node_groups if group.ami_id is not None]

        def by_helm(release: CiliumVersion) -> list[Problem]:
            tried = rendering(settings, release, online=options.online)
            notes.extend(tried.notes)
            return tried.problems

        read = upgrade(values, environment.references(settings), old, new, render=by_helm)
        return comparison(read, own_images, notes)
    version = (
        CiliumVersion.of(options.cilium, where="--cilium")
        if options.cilium
        else environment.cilium_version(settings)
    )
    made = cni_config_map if options.cni_config else helm_values
    found = made(values, version, environment.references(settings))
    if found is None:
        raise UsageError(f"Cilium {version} takes no CNI ConfigMap: everything is in its values")
    tried = rendering(settings, version, online=options.online)
    notes += [*tried.notes, *map(str, tried.problems)]
    return Answer(found, map(_as_yaml, [found]), FINDINGS if tried.problems else GOOD, notes)


def _as_yaml(data: Mapping[str, Any]) -> str:
    return dump_yaml(dict(data), width=1000, unicode=True)
