"""Reads the templates of an app, nested stacks included, from the cloud assembly that CDK wrote.

The assembly's format is CDK's own
(https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies): `manifest.json` has each
stack with its file, environment and dependencies, and ``STACK.assets.json`` says which file an object in the
assets' bucket is. A nested stack's template is such an object; CDK names it in ``TemplateURL`` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.checks.template_text import text_of

NESTED: Final = "AWS::CloudFormation::Stack"

EXISTING_RANGES: Final = "cdk-eks-cilium:existing-ranges"
"""The key of a template's metadata with the ranges of VPCs and subnets that exist already, by their ids."""

EXISTING_CRDS: Final = "cdk-eks-cilium:existing-crds"
"""The key of a template's metadata with the groups whose CRDs are there before a release.

It is a list of mappings with `release`, the logical id, and `groups`.
"""

EXISTING_CLUSTERS: Final = "cdk-eks-cilium:existing-clusters"
"""The key of a template's metadata with the clusters that exist already.

It is a list of mappings with `name`, `endpoint`, `certificate`, `security_group` and `subnets`, the ids of
subnets where nodes run.
"""

_STACK: Final = "aws:cloudformation:stack"
_STACK_NAME: Final = re.compile(r" \([^()]*\)$")


@dataclass(frozen=True)
class StackTemplate:
    """The template of a stack, and the stack's place in the app.

    Attributes:
        name: The stack's path in the app, as ``Prod/cluster``; of a nested stack with its resource behind it.
        template: The template.
        path: Its file.
        environment: What two stacks must share to name each other's resources.
        stack: CloudFormation's name of the stack.
        after: Names of the stacks that are deployed before this one.
        parent: The name of the stack that this one is nested in.
        resource: The nested stack's logical id in its parent.
    """

    name: str
    template: Mapping[str, Any]
    path: str = ""
    environment: str = ""
    stack: str = ""
    after: frozenset[str] = field(default=frozenset())
    parent: str = ""
    resource: str = ""


def read_app(paths: Iterable[str]) -> list[StackTemplate]:
    """The templates in these files and all that are nested in them, parents first."""
    manifests: dict[Path, Mapping[str, Any]] = {}
    found: list[StackTemplate] = []
    for path in map(Path, paths):
        if path.parent not in manifests:
            manifests[path.parent] = _read(path.parent / "manifest.json").get("artifacts", {})
        stack = _stack(path, manifests[path.parent])
        nests = any(each.get("Type") == NESTED for each in stack.template.get("Resources", {}).values())
        found += _with_nested(stack, _assets(path)) if nests else [stack]
    return found


def _stack(path: Path, artifacts: Mapping[str, Any]) -> StackTemplate:
    stacks = {key: artifact for key, artifact in artifacts.items() if artifact.get("type") == _STACK}
    for key, artifact in stacks.items():
        properties = artifact.get("properties", {})
        if properties.get("templateFile") == path.name:
            return StackTemplate(
                name=_shown(artifact, key),
                template=_read_template(path),
                path=str(path),
                # Each stage has an assembly of its own, and CDK lets nothing in one name anything in another.
                environment=f"{path.parent} {artifact.get('environment')}",
                stack=str(properties.get("stackName", key)),
                after=frozenset(
                    _shown(stacks[other], other)
                    for other in artifact.get("dependencies", ())
                    if other in stacks
                ),
            )
    name = path.name.removesuffix(".template.json")
    return StackTemplate(name, _read_template(path), str(path), environment=str(path.parent), stack=name)


def _shown(artifact: Mapping[str, Any], otherwise: str) -> str:
    """The construct path of a stack, which is unique in the app; CDK may add the stack's name."""
    return _STACK_NAME.sub("", str(artifact.get("displayName", otherwise)))


def _with_nested(stack: StackTemplate, assets: Mapping[str, str]) -> Iterator[StackTemplate]:
    yield stack
    for resource, file in _nested_files(stack, assets):
        if template := _read_template(file):
            nested = StackTemplate(
                name=f"{stack.name}/{resource}",
                template=template,
                path=str(file),
                environment=stack.environment,
                parent=stack.name,
                resource=resource,
            )
            yield from _with_nested(nested, assets)


def _nested_files(stack: StackTemplate, assets: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for name, resource in stack.template.get("Resources", {}).items():
        if resource.get("Type") == NESTED:
            url = text_of(resource.get("Properties", {}).get("TemplateURL"))
            named = resource.get("Metadata", {}).get("aws:asset:path")
            if file := named or next((file for key, file in assets.items() if key in url), None):
                yield name, Path(stack.path).parent / file


def _assets(template: Path) -> dict[str, str]:
    """The files of a stack by what a URL has of them: a key in the assets' bucket, or a parameter."""
    beside = template.name.removesuffix(".template.json")
    files = _read(template.with_name(f"{beside}.assets.json")).get("files", {})
    found = {
        destination["objectKey"]: entry["source"]["path"]
        for entry in files.values()
        for destination in entry["destinations"].values()
        if "objectKey" in destination and "path" in entry["source"]
    }
    # CDK's legacy synthesizer names assets by parameters, and lists them in the stack's metadata.
    for entries in _read(template.with_name(f"{beside}.metadata.json")).values():
        for entry in entries if isinstance(entries, list) else ():
            if entry.get("type") == "aws:cdk:asset" and "s3BucketParameter" in entry.get("data", {}):
                found[entry["data"]["s3BucketParameter"]] = entry["data"]["path"]
    return found


def _read_template(path: Path) -> dict[str, Any]:
    """A template, without loops of the transform AWS::LanguageExtensions, which are not resources yet."""
    template = _read(path)
    resources = template.get("Resources", {})
    if not all(isinstance(resource, dict) for resource in resources.values()):
        template["Resources"] = {name: each for name, each in resources.items() if isinstance(each, dict)}
    return template


def _read(path: Path) -> dict[str, Any]:
    """A JSON file; nothing if it is missing or something else, such as a template in YAML."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
