"""The stacks of a cloud assembly, which ``cdk synth`` writes.

https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema has the form of its
manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_STACK: Final = "aws:cloudformation:stack"
_ACCOUNT: Final = "${AWS::AccountId}"


class AssemblyError(Exception):
    """A folder is not a cloud assembly; the text says why."""


@dataclass(frozen=True)
class Stack:
    """A synthesized stack.

    Attributes:
        name: Its name in CloudFormation.
        template: The file of its template.
        url: Where CDK uploads the template, ``s3://BUCKET/KEY``, with placeholders; empty if nowhere.
        tags: Its tags.
        needs: The ids of the stacks that it depends on.
        imports: Names of exports that it imports.
    """

    name: str
    template: Path
    url: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    def bucket_and_key(self, account: str, region: str) -> tuple[str, str]:
        """Where the template is in S3; empty texts if CDK does not upload it."""
        text = self.url.replace(_ACCOUNT, account).replace("${AWS::Region}", region)
        bucket, _, key = text.removeprefix("s3://").replace("${AWS::Partition}", "aws").partition("/")
        return bucket, key


def read_stacks(folder: Path) -> Sequence[Stack]:
    """The stacks of an assembly, each after the stacks that it depends on.

    Raises:
        AssemblyError: It is not an assembly.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        artifacts = {name: each for name, each in manifest["artifacts"].items() if each.get("type") == _STACK}
        stacks = {name: _stack(folder, name, each) for name, each in artifacts.items()}
    except OSError as error:
        why = (error.strerror or "unknown").lower()
        raise AssemblyError(f"{folder} is not what 'cdk synth' wrote: {why}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AssemblyError(
            f"{folder} is not what 'cdk synth' wrote: its manifest has another form"
        ) from None
    if not stacks:
        raise AssemblyError(f"{folder} has no stack")
    return list(_ordered(stacks))


def _stack(folder: Path, name: str, artifact: Mapping[str, Any]) -> Stack:
    properties = artifact["properties"]
    template = folder / properties["templateFile"]
    content = json.loads(template.read_text(encoding="utf-8"))
    return Stack(
        name=str(properties.get("stackName") or name),
        template=template,
        url=str(properties.get("stackTemplateAssetObjectUrl") or ""),
        tags=dict(properties.get("tags") or {}),
        needs=tuple(artifact.get("dependencies") or ()),
        imports=tuple(sorted(set(_imports(content)))),
    )


def _imports(part: Any) -> Iterator[str]:
    """The names of exports that a part of a template imports, as far as they are texts."""
    if isinstance(part, dict):
        name = part.get("Fn::ImportValue")
        if isinstance(name, str):
            yield name
        for each in part.values():
            yield from _imports(each)
    elif isinstance(part, list):
        for each in part:
            yield from _imports(each)


def _ordered(stacks: Mapping[str, Stack]) -> Iterator[Stack]:
    done: set[str] = set()

    def visit(name: str) -> Iterator[Stack]:
        if name in done or name not in stacks:
            return
        done.add(name)
        for needed in stacks[name].needs:
            yield from visit(needed)
        yield stacks[name]

    for name in stacks:
        yield from visit(name)
