"""Reads a cloud assembly (cdk.out): its stacks in deployment order, their templates and assets.

The format is the CDK's own: `manifest.json` names artifacts, each stack artifact its template file,
environment and dependencies; `<stack>.assets.json` says which local file or folder an S3 key stands for.
"""

# no belief: the format of cloud assemblies, which the CDK writes

from __future__ import annotations

import functools
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import networkx as nx

from cdk_eks_cilium.checks.app_templates import EXISTING_CRDS, NESTED, read_app
from rehearsal.aws.environment import Environment
from rehearsal.cloudformation.nested import NestingError, inlined

PLACEHOLDER_ACCOUNT = "123456789012"
PLACEHOLDER_REGION = "eu-west-1"
_PSEUDO_IN_NAMES = re.compile(r"\$\{AWS::(\w+)\}")


class AssemblyError(Exception):
    """The folder is not a cloud assembly this rehearsal can play."""


@dataclass(frozen=True)
class Stack:
    """One stack of the assembly.

    Attributes:
        dependencies: Names of the stacks that must be there first.
        template: What is played: the template with the resources of the stacks that are nested in it.
        files: The templates that CloudFormation gets, by the name of their stack; else `template`.
    """

    name: str
    environment: Environment
    template: Mapping[str, Any]
    dependencies: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool = False
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Resource definitions by logical id."""
        resources: Mapping[str, Mapping[str, Any]] = self.template.get("Resources", {})
        return resources

    @property
    def templates(self) -> Mapping[str, Mapping[str, Any]]:
        """The templates that CloudFormation gets, by the name of their stack."""
        return self.files or {self.name: self.template}

    def existing_crds(self, release: str) -> tuple[str, ...]:
        """The groups whose CRDs are in the cluster before a release, which the template tells.

        Args:
            release: The logical id of the release; of a nested stack with that stack's id before it.
        """
        told = [
            each for one in self.templates.values() for each in one.get("Metadata", {}).get(EXISTING_CRDS, ())
        ]
        return tuple(
            dict.fromkeys(
                group for each in told if release.endswith(each["release"]) for group in each["groups"]
            )
        )


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly: stacks in an order that respects their dependencies, and assets by S3 key."""

    directory: Path
    stacks: tuple[Stack, ...]
    assets: Mapping[str, Path]

    @classmethod
    def load(cls, directory: Path) -> Assembly:
        """Reads the assembly in a folder.

        Args:
            directory: The folder `cdk synth` wrote.

        Raises:
            AssemblyError: No manifest, stacks that depend on each other in a circle, stacks in several
                environments, context that still has to be looked up, or a nested stack without its template.
        """
        manifest_file = directory / "manifest.json"
        if not manifest_file.is_file():
            raise AssemblyError(f"{directory}: no manifest.json; run `cdk synth -o {directory}` first")
        manifest = json.loads(manifest_file.read_text())
        if missing := _still_needed(directory, manifest):
            keys = ", ".join(str(entry.get("key")) for entry in missing)
            raise AssemblyError(
                f"{directory}: the assembly lacks looked-up context ({keys}); synthesize it fully"
            )
        # Functions run in folders of their own, where a relative path would name something else.
        directory = directory.resolve()
        artifacts: dict[str, dict[str, Any]] = manifest.get("artifacts", {})
        stacks = {
            identifier: _stack(directory, identifier, artifact, artifacts)
            for identifier, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
        if not stacks:
            raise AssemblyError(f"{directory}: the assembly has no stacks")
        return cls(directory, _in_order(stacks), _assets(directory, artifacts))

    def only(self, names: Collection[str]) -> Assembly:
        """The assembly without the stacks that are neither named nor needed by a named one.

        Raises:
            AssemblyError: A name that no stack has.
        """
        known = {stack.name: stack for stack in self.stacks}
        if strange := sorted(set(names) - known.keys()):
            raise AssemblyError(
                f"--only: names of stacks, of {', '.join(known)}, got {', '.join(strange)}; name one of them"
            )
        wanted: set[str] = set()
        ahead = list(names)
        while ahead:
            name = ahead.pop()
            if name not in wanted:
                wanted.add(name)
                ahead += (needed for needed in known[name].dependencies if needed in known)
        return replace(self, stacks=tuple(stack for stack in self.stacks if stack.name in wanted))

    def standing_in(self, texts: Mapping[str, str]) -> Assembly:
        """The assembly with other texts in place of what its templates say of clusters that exist."""
        if not texts:
            return self
        stacks = (replace(each, template=_replaced(each.template, texts)) for each in self.stacks)
        return replace(self, stacks=tuple(stacks))

    @functools.cached_property
    def environment(self) -> Environment:
        """The one environment of all stacks."""
        environments = {stack.environment for stack in self.stacks}
        if len(environments) > 1:
            names = ", ".join(sorted(f"{e.account}/{e.region}" for e in environments))
            raise AssemblyError(f"stacks in several environments ({names}) cannot be rehearsed together")
        return next(iter(environments))

    def existing_crds(self, stack: str, release: str) -> tuple[str, ...]:
        """The groups whose CRDs are there before a release of a stack: see `Stack.existing_crds`."""
        return next((each.existing_crds(release) for each in self.stacks if each.name == stack), ())

    def asset(self, key: str) -> Path:
        """The local file or folder behind an S3 object key.

        Raises:
            AssemblyError: The assembly has no such asset.
        """
        try:
            return self.assets[key]
        except KeyError:
            raise AssemblyError(f"asset {key} is not in the assembly {self.directory}") from None


def _replaced(template: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Any]:
    text = json.dumps(template)
    for old, new in texts.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    changed: Mapping[str, Any] = json.loads(text)
    return changed


def _stack(
    directory: Path, identifier: str, artifact: dict[str, Any], artifacts: dict[str, dict[str, Any]]
) -> Stack:
    properties = artifact["properties"]
    dependencies = tuple(
        name
        for name in artifact.get("dependencies", [])
        if artifacts.get(name, {}).get("type") == "aws:cloudformation:stack"
    )
    template, files = _template(directory / properties["templateFile"])
    return Stack(
        name=properties.get("stackName", identifier),
        environment=_environment(artifact["environment"]),
        template=template,
        dependencies=dependencies,
        parameters=properties.get("parameters", {}),
        termination_protection=bool(properties.get("terminationProtection")),
        files=files,
    )


def _template(file: Path) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """What is played, and the templates of a stack that has nested ones."""
    template: Mapping[str, Any] = json.loads(file.read_text())
    if all(resource["Type"] != NESTED for resource in template.get("Resources", {}).values()):
        return template, {}
    try:
        templates = read_app([str(file)])
        return inlined(templates), {each.name: each.template for each in templates}
    except NestingError as error:
        raise AssemblyError(f"{file.name}: {error}") from None


def _environment(url: str) -> Environment:
    account, region = url.removeprefix("aws://").split("/")
    return Environment(
        account=PLACEHOLDER_ACCOUNT if account == "unknown-account" else account,
        region=PLACEHOLDER_REGION if region == "unknown-region" else region,
    )


def _still_needed(directory: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The look-ups without whose answers the templates are not right.

    `ec2.Vpc` looks up the zones of the account even where it is given its zones.
    """
    missing: list[dict[str, Any]] = manifest.get("missing") or []
    if any("dummy1" in path.read_text() for path in directory.glob("*.template.json")):
        return missing
    return [entry for entry in missing if entry.get("provider") != "availability-zones"]


def _in_order(stacks: dict[str, Stack]) -> tuple[Stack, ...]:
    """The stacks by their dependencies, which the manifest gives as ids of artifacts, here as names."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(stacks)
    graph.add_edges_from(
        (dependency, name) for name, stack in stacks.items() for dependency in stack.dependencies
    )
    try:
        names = {identifier: stack.name for identifier, stack in stacks.items()}
        return tuple(
            replace(stacks[each], dependencies=tuple(names[other] for other in stacks[each].dependencies))
            for each in nx.topological_sort(graph)
        )
    except nx.NetworkXUnfeasible:
        circle = " -> ".join(edge[0] for edge in nx.find_cycle(graph))
        raise AssemblyError(f"stacks depend on each other in a circle: {circle}") from None


def _assets(directory: Path, artifacts: dict[str, dict[str, Any]]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for artifact in artifacts.values():
        if artifact["type"] != "cdk:asset-manifest":
            continue
        manifest = json.loads((directory / artifact["properties"]["file"]).read_text())
        for entry in manifest.get("files", {}).values():
            # Only paths count: an asset with an `executable` is built at publish time, and ours are not.
            if path := entry["source"].get("path"):
                for destination in entry["destinations"].values():
                    found[_PSEUDO_IN_NAMES.sub(r"\1", destination["objectKey"])] = directory / path
    return found
