"""``values``: the Helm values that a deployment installs, and what another version changes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings
from cdk_eks_cilium.values import References, cni_config_map, derive_cluster_name, helm_values
from cdk_eks_cilium.values.upgrade import Upgrade, upgrade
from cdk_eks_cilium.versions.cilium import CiliumVersion, version_problems

from .settings_option import add_settings, read_settings
from .upgrade_report import as_json, print_report

_OPERATOR_ROLE: Final = "<ARN of the operator's role>"
_API_SERVER: Final = "<host of the Kubernetes API>"


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "values",
        help="print the Helm values that a deployment installs",
        description="Print the Helm values that a deployment of the settings installs. What only the "
        "deployment knows stands as a text in angle brackets. The output is YAML, for "
        "`helm template --values -`.",
    )
    add_settings(parser)
    parser.add_argument("--cilium", metavar="X.Y.Z", help="another version than the settings name")
    parser.add_argument(
        "--diff", nargs=2, metavar=("OLD", "NEW"), help="what an upgrade from OLD to NEW changes, as a table"
    )
    parser.add_argument(
        "--cni-config",
        action="store_true",
        help="print the CNI ConfigMap that is installed beside the release, for Cilium below 1.19",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the settings or a version cannot be used.
    """
    if options.diff and (options.cilium or options.cni_config):
        options.parser.error("--diff goes with neither --cilium nor --cni-config")
    settings = read_settings(options)
    for warning in environment.advise(settings):
        print(f"warning: {warning}", file=sys.stderr)
    values = environment.cilium_values(settings)
    if options.diff:
        old, new = (_version("--diff", text) for text in options.diff)
        if old == new:
            options.parser.error(f"--diff needs two versions, got {old} twice")
        return _compare(options, upgrade(values, references(settings), old, new))
    version = _version("--cilium", options.cilium) if options.cilium else environment.cilium_version(settings)
    if options.cni_config:
        manifest = cni_config_map(values, version, references(settings))
        if manifest is not None:
            _print(manifest, options.json)
            return 0
        options.parser.error(f"Cilium {version} takes no CNI ConfigMap: everything is in its values")
    _print(helm_values(values, version, references(settings)), options.json)
    return 0


def _compare(options: argparse.Namespace, found: Upgrade) -> int:
    if options.json:
        print(json.dumps(as_json(found), indent=2))
    else:
        try:
            print_report(found)
        except ImportError:
            options.parser.error("tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json")
    return 1 if found.problems else 0


def references(settings: Settings) -> References:
    """What the values refer to, as texts where only the deployment knows it."""
    by_annotation = settings.cilium.operator_identity == "irsa"
    return References(
        cluster_name=derive_cluster_name(settings.name),
        operator_role_arn=_OPERATOR_ROLE if by_annotation else None,
        subnet_ids=tuple(_pod_subnet_ids(settings)),
        api_server_host=_API_SERVER,
    )


def _pod_subnet_ids(settings: Settings) -> Iterator[str]:
    network = settings.network
    if network.pod_subnets:
        yield from (network.pod_subnets[zone].id for zone in network.availability_zones)
        return
    for number, block in enumerate(network.pod_cidrs):
        within = f" of {block}" if number else ""
        yield from (f"<id of the pod subnet{within} in {zone}>" for zone in network.availability_zones)


def _version(option: str, text: str) -> CiliumVersion:
    found = version_problems(option, text)
    if found:
        raise InputError(found)
    return CiliumVersion.of(text)


def _print(data: Mapping[str, Any], as_data: bool) -> None:
    if as_data:
        print(json.dumps(data, indent=2))
    else:
        print(yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=1000), end="")
