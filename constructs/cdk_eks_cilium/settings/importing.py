"""A settings file for the chart values of a cluster that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.nodes import FIXED_INTERFACE
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.values.importing import Imported, ImportNote, Source, import_values
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .loader import parse
from .model import Settings
from .node_group import NodeGroupSettings
from .starting_file import starting_data, starting_file

#: Types with room for more pods, where the default has too little without prefixes.
_LARGER: Final = ("m6i.xlarge", "m6i.4xlarge")
_ITS_OWN: Final = ("overrides", "egress", "profile")


@dataclass(frozen=True)
class ImportedSettings:
    """Settings for the chart values of a cluster.

    Attributes:
        settings: The settings, which are valid.
        data: Those that differ from the defaults, as in a settings file.
        text: The settings file.
        values: What became of the chart values.
        findings: The same, with what the settings as a whole added.
    """

    settings: Settings
    data: Mapping[str, Any]
    text: str
    values: Imported
    findings: tuple[ImportNote, ...]


def import_settings(
    source: Source,
    version: CiliumVersion,
    given: Mapping[str, str] | None = None,
    *,
    cni_config: Mapping[str, Any] | None = None,
) -> ImportedSettings:
    """Make settings for the chart values of a cluster; nodes and network are as in a new file.

    Args:
        source: The chart values.
        version: The release of Cilium to install.
        given: ``name``, ``region`` or ``account``. By default the name is the cluster's own in the values.
        cni_config: The CNI configuration that agents below 1.19 read, or its ConfigMap.

    Raises:
        InputError: If *given* is not valid.
    """
    imported = import_values(source.values, version, computed=source.computed, cni_config=cni_config)
    own = {"name": imported.cluster_name} if imported.cluster_name and _is_name(imported.cluster_name) else {}
    given = {**own, **(given or {})}
    types = iter(_LARGER)
    group: dict[str, Any] = {}
    while True:
        data = {**given, **_settings(imported, version, group)}
        try:
            settings = parse(starting_data(data))
        except InputError as error:
            if not any(_way_round(problem, imported, group, types) for problem in error.problems):
                raise
        else:
            text = starting_file(data)
            return ImportedSettings(
                settings, data, text, imported, (*imported.findings, *_about_nodes(group))
            )


def _is_name(text: str) -> bool:
    try:
        Settings.read({"name": text})
    except InputError:
        return False
    return True


def _settings(imported: Imported, version: CiliumVersion, group: Mapping[str, Any]) -> dict[str, Any]:
    values = imported.values
    fields = values.model_dump(mode="json", exclude_defaults=True)
    cilium = {
        "version": version.number,
        "egress": values.egress.kind,
        **{name: value for name, value in fields.items() if name not in _ITS_OWN},
    }
    if cilium.get("encryption") == {}:
        cilium["encryption"] = "wireguard"
    if imported.overrides:
        cilium["overrides"] = imported.overrides
    nodes = dict(group)
    if values.egress.interface not in (None, FIXED_INTERFACE):
        # Amazon Linux 2023 is the only image with other names for it.
        nodes |= {"image": "al2023", "primary_interface": values.egress.interface}
    return {"cilium": cilium, **({"node_groups": [{"name": "workers", **nodes}]} if nodes else {})}


def _way_round(problem: Problem, imported: Imported, group: dict[str, Any], types: Iterator[str]) -> bool:
    """Change what a problem blames; False if it blames nothing that was imported."""
    if problem.where == "node_groups[0].instance_types" and (larger := next(types, None)):
        group["instance_types"] = [larger]
        return True
    return imported.drop(problem)


def _about_nodes(group: Mapping[str, Any]) -> Iterator[ImportNote]:
    if types := group.get("instance_types"):
        default = NodeGroupSettings(name="workers").instance_types
        text = f"is {types[0]}: {default[0]} has room for too few pods with these values"
        yield ImportNote("deployment", "node_groups[0].instance_types", text)
