"""Kubernetes objects in YAML files: policies, and the objects that they are about."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from cdk_eks_cilium.problems import CallError, InputError, Problem, refuse
from cdk_eks_cilium.problems.bounds import OBJECTS, read_bounded
from cdk_eks_cilium.problems.strict_yaml import read_documents, written
from cdk_eks_cilium.problems.wording import Location, Written, unwritten
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    KubernetesClusterNetworkPolicy,
    Policy,
)
from .validity import problems_for

Given = TypeVar("Given")
Made = TypeVar("Made")

KINDS: Final[
    dict[
        str,
        type[CiliumNetworkPolicy]
        | type[CiliumClusterwideNetworkPolicy]
        | type[KubernetesClusterNetworkPolicy],
    ]
] = {
    "CiliumNetworkPolicy": CiliumNetworkPolicy,
    "CiliumClusterwideNetworkPolicy": CiliumClusterwideNetworkPolicy,
    "ClusterNetworkPolicy": KubernetesClusterNetworkPolicy,
}
"""The kinds that are policies here, with their types."""

_TIERS: Final = "policy.networking.k8s.io"


@dataclass(frozen=True)
class Document:
    """A Kubernetes object as it was written.

    Attributes:
        file: Its file, or another place for errors to name.
        line: The line where it begins, from 1.
        data: The object.
        written: How the file writes a value in it, for the fixes of errors.
    """

    file: str
    line: int
    data: Mapping[str, Any]
    written: Written = field(default=unwritten, compare=False, repr=False)

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.data.get("kind", ""))

    @property
    def where(self) -> str:
        """File, line, kind and name, for errors."""
        metadata = self.data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        return (
            f"{self.file} line {self.line}: {self.kind} {name}" if name else f"{self.file} line {self.line}"
        )


def read_files(paths: Iterable[str | os.PathLike[str]]) -> list[Document]:
    """Read every object in some files; a folder stands for the ``*.yaml``, ``*.yml`` and ``*.json`` in it.

    Raises:
        CallError: For everything that cannot be read.
        InputError: For everything in them that is not an object of Kubernetes.
    """
    files = [file for given in paths for file in _files(Path(given))]
    return [*chain.from_iterable(make_each(files, _read_file))]


def make_each(given: Iterable[Given], make: Callable[[Given], Made]) -> list[Made]:
    """Make something of each of the *given*.

    Raises:
        InputError: For everything that *make* refuses, all at once; a `CallError` if one of them is.
    """
    errors: list[InputError] = []
    made: list[Made] = []
    for each in given:
        try:
            made.append(make(each))
        except InputError as error:
            errors.append(error)
    if errors:
        unread = any(isinstance(error, CallError) for error in errors)
        raise (CallError if unread else InputError)(problem for error in errors for problem in error.problems)
    return made


def _read_file(file: Path) -> list[Document]:
    try:
        return read_text(read_bounded(file, OBJECTS), str(file))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CallError([Problem(str(file), f"must be a readable file ({reason})", id="CEK5012")]) from None


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml", ".json"))


def read_text(text: bytes | str, file: str) -> list[Document]:
    """Read every object in YAML, and the items of every List; *file* is the place that errors name.

    Raises:
        InputError: If the text is not YAML, or a document is not a Kubernetes object.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for line, value in read_documents(text, file):
        items: Any = [value]
        below: Location = ()
        if isinstance(value, dict) and str(value.get("kind", "")).endswith("List"):
            items, below = value.get("items") or [], ("items",)
        if not isinstance(items, list):
            problems.append(Problem(f"{file} line {line}: items", "must be a list", id="CEK5013"))
            continue
        for number, item in enumerate(items):
            if isinstance(item, dict) and isinstance(item.get("kind"), str):
                documents.append(
                    Document(file, line, item, _how(text, line, (*below, number) if below else ()))
                )
            else:
                where, rule = f"{file} line {line}", "must be an object of Kubernetes"
                problems.append(Problem(where, rule, fix="add apiVersion and kind", id="CEK5014"))
    refuse(problems)
    return documents


def _how(text: bytes | str, line: int, before: Location) -> Written:
    """How *text* writes what is below a place in the document that begins in a line."""
    return lambda place: written(text, (*before, *place), line)


def is_policy(document: Document) -> bool:
    """Whether an object is a policy here. ClusterNetworkPolicies of EKS and others are of another group."""
    if document.kind != "ClusterNetworkPolicy":
        return document.kind in KINDS
    return str(document.data.get("apiVersion", "")).partition("/")[0] == _TIERS


def load_policies(documents: Iterable[Document], version: CiliumVersion | None = None) -> list[Policy]:
    """Make policies of the documents that are policies, and skip the others.

    Args:
        documents: Objects of any kind.
        version: The release of Cilium that enforces them. By default refuse only what no release accepts.

    Raises:
        InputError: For everything wrong in them, all at once.
    """

    def load(document: Document) -> Policy:
        policy = parse(document.data, document.where, document.written)
        refuse(problems_for(policy, version, document.where))
        return policy

    return make_each((document for document in documents if is_policy(document)), load)


def parse(data: Mapping[str, Any], where: str = "policy", written: Written = unwritten) -> Policy:
    """Make a policy from plain data; *where* is the place that errors name, and *written* words their fixes.

    Raises:
        InputError: For everything wrong in it, all at once.
    """
    model = KINDS.get(str(data.get("kind")))
    if model is None:
        raise InputError(
            [Problem(f"{where}: kind", f"must be {' or '.join(KINDS)}", data.get("kind"), id="CEK5015")]
        )
    return model.read(dict(data), f"{where}: ", by_alias=True, by_name=False, written=written)


def dump(policies: Sequence[Policy]) -> str:
    """The policies as YAML, one document each."""
    documents = [yaml.safe_dump(policy.manifest(), sort_keys=False, width=100) for policy in policies]
    return "---\n".join(documents)
