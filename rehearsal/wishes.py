"""Refuses options that the rehearsal could not honour, before it begins."""

# no belief: the options of the rehearsal

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cdk_eks_cilium.problems import did_you_mean
from cdk_eks_cilium.versions.cilium import TABLE_DATE, known_versions
from rehearsal.aws.runtime import Options
from rehearsal.charts.repository import packaged
from rehearsal.cloudformation.assembly import Assembly, AssemblyError
from rehearsal.functions.types.custom_resources import CILIUM_REPOSITORY, HELM_CHART


def refuse_in_vain(options: Options, assembly: Assembly, update: Assembly | None, destroy: bool) -> None:
    """Refuse options without an effect, and releases without a chart.

    Args:
        options: The options.
        assembly: What is created.
        update: What it is updated to; None if nothing is updated.
        destroy: Whether it is destroyed at the end.

    Raises:
        AssemblyError: With everything that is wrong, a line each.
    """
    assemblies = [assembly, *([update] if update is not None else [])]
    wrong = [
        *_counts(options),
        *_updates(options, update, destroy),
        *_failure(options, assemblies),
        *_charts(options, assemblies),
    ]
    if wrong:
        raise AssemblyError("\n".join(wrong))


def _counts(options: Options) -> Iterator[str]:
    if options.orphan_enis < 0:
        yield f"--orphan-enis: must be 0 or more, got {options.orphan_enis}"
    if not 0 <= options.authorization_delay < float("inf"):
        yield f"--authorization-delay: must be seconds, 0 or more, got {options.authorization_delay}"


def _updates(options: Options, update: Assembly | None, destroy: bool) -> Iterator[str]:
    if update is None:
        if options.new_images:
            yield "--new-images: needs --update, because images are published before the update"
        if options.fail is not None and options.fail_on == "update":
            yield "--fail-on update: needs --update, since nothing is updated otherwise"
    if options.fail is not None and options.fail_on == "delete" and not destroy:
        yield "--fail-on delete: goes without --no-destroy, since nothing is deleted otherwise"


def _failure(options: Options, assemblies: list[Assembly]) -> Iterator[str]:
    if options.fail is None:
        return
    resources = [each for assembly in assemblies for each in _resources(assembly)]
    names = {name for name, _ in resources}
    types = {resource["Type"] for _, resource in resources}
    if options.fail in names | types:
        return
    near = did_you_mean(options.fail, sorted(types | names))
    choices = near or f"the types are {', '.join(sorted(types))}"
    yield f"--fail: must be a logical id or a type of a resource, got '{options.fail}'; {choices}"


def _charts(options: Options, assemblies: list[Assembly]) -> Iterator[str]:
    folder = options.charts
    if folder is not None and not folder.is_dir():
        yield f"--charts: must be a folder of packaged charts, got '{folder}'; {_pull('X.Y.Z', folder)}"
        return
    at_hand = {version.number for version in known_versions()} | packaged(folder).keys()
    if folder is not None and not packaged(folder):
        yield f"--charts: must hold cilium-X.Y.Z.tgz, got '{folder}' without any; {_pull('X.Y.Z', folder)}"
    for version in sorted({each for assembly in assemblies for each in _releases(assembly)} - at_hand):
        if not options.online:
            yield (
                f"Cilium {version} is not among the releases known here on {TABLE_DATE}, so it has no "
                f"stand-in, and its chart is not at hand; {_pull(version, folder)}, or take it --online"
            )


def _pull(version: str, folder: Path | None) -> str:
    target = folder or "charts"
    command = f"helm pull cilium --repo {CILIUM_REPOSITORY} --version {version} --destination {target}"
    return f"fetch it with '{command}' and name the folder with --charts {target}"


def _releases(assembly: Assembly) -> Iterator[str]:
    """The numbers of the charts that the assembly installs from Cilium's repository."""
    for _, resource in _resources(assembly):
        properties = resource.get("Properties", {})
        version = properties.get("Version")
        ours = resource["Type"] == HELM_CHART and properties.get("Repository") == CILIUM_REPOSITORY
        if ours and isinstance(version, str):
            yield version


def _resources(assembly: Assembly) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for stack in assembly.stacks:
        yield from stack.template.get("Resources", {}).items()
