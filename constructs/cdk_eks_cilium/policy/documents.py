"""Kubernetes objects in YAML files: policies, and the objects that they are about."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

from cdk_eks_cilium.problems import CallError, InputError, Problem, refuse
from cdk_eks_cilium.problems.bounds import OBJECTS, read_bounded
from cdk_eks_cilium.problems.cycles import without_collections
from cdk_eks_cilium.problems.kubernetes_dumper import dump_yaml
from cdk_eks_cilium.problems.kubernetes_yaml import read_all
from cdk_eks_cilium.problems.strict_yaml import line_of, written
from cdk_eks_cilium.problems.wording import Location, Written, unwritten
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    KubernetesClusterNetworkPolicy,
    Policy,
)
from .validity import problems_for

_SUFFIXES: Final = (".yaml", ".yml", ".json")

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

KIND_GROUPS: Final[Mapping[str, str]] = {"ClusterNetworkPolicy": "policy.networking.k8s.io"}
"""The API groups of kinds that other groups have, too: EKS's own ClusterNetworkPolicy is another kind."""


@dataclass(frozen=True)
class Document:
    """A Kubernetes object as it was written.

    Attributes:
        file: Its file, or another place for errors to name.
        line: The line where it begins, from 1.
        data: The object.
        written: How the file writes a value in it, for the fixes of errors.
        line_at: The line of a value in it, or of what is nearest; None without its text.
    """

    file: str
    line: int
    data: Mapping[str, Any]
    written: Written = field(default=unwritten, compare=False, repr=False)
    line_at: Callable[[Location], int] | None = field(default=None, compare=False, repr=False)

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
    files = [file for given in paths for file in files_of(Path(given))]
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
        raise CallError([unreadable(str(file), error)]) from None


def unreadable(name: str, error: OSError) -> Problem:
    """The problem of a file, or another source, that the system does not give out."""
    reason = (error.strerror or str(error)).lower()
    return Problem(name, f"must be a readable file ({reason})", id="CEK5012")


def defined_again(document: Document, fix: str) -> Problem:
    """The problem of an object with the kind and name of another one."""
    return Problem(document.where, "must be defined once", fix=fix, id="CEK5088")


def files_of(path: Path) -> list[Path]:
    """The file, or the YAML and JSON in a folder in the order of their names.

    Names in a folder that begin with a dot are left out: they are of editors, version control and pipelines.
    """
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("*") if _is_yaml(file) and not file.is_dir())
    return sorted(file for file in found if not _is_hidden(file.relative_to(path)))


def _is_yaml(file: Path) -> bool:
    # Kustomize takes a file of this name for YAML (`RecognizedKustomizationFileNames` in its ``api/konfig``).
    return file.suffix in _SUFFIXES or file.name == "Kustomization"


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


@without_collections()
def read_text(text: bytes | str, file: str) -> list[Document]:
    """Read every object in YAML, and the items of every List; *file* is the place that errors name.

    Raises:
        InputError: If the text is not YAML, or a document is not a Kubernetes object.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for each in read_all(text, file, OBJECTS):
        for found in objects_in(each.value, each.line, text, file):
            if isinstance(found, Document):
                documents.append(found)
            else:
                problems.append(found)
    refuse(problems)
    return documents


def objects_in(
    value: Any, line: int, text: bytes | str, file: str, before: Location = ()
) -> Iterator[Document | Problem]:
    """The object in a document, or the items of a list; a problem in place of what is not an object.

    Items of a typed list such as ``PodList`` need no kind: they have the list's, as clients of the API server
    read it (``items`` of https://kubernetes.io/docs/reference/kubernetes-api/). A list may hold lists, and a
    plain list objects, as ``jq .items`` prints them.

    Args:
        value: The document.
        line: Where it begins.
        text: The whole text.
        file: The place that errors name.
        before: Where *value* is in the document, if it is a part of it.
    """
    if isinstance(value, list) and value and all(_has_kind(each) for each in value):
        for number, each in enumerate(value):
            yield from objects_in(each, line, text, file, (*before, number))
        return
    if not _is_list(value):
        yield _object(value, Document(file, line, {}, *_how(text, line, before)))
        return
    items = value.get("items")
    if items is None:
        return
    if not isinstance(items, list):
        yield Problem(f"{file} line {line}: items", "must be a list", id="CEK5013")
        return
    kind = value["kind"].removesuffix("List")
    version = {"apiVersion": value["apiVersion"]} if value.get("apiVersion") else {}
    typed = {**version, "kind": kind} if kind else {}
    for number, item in enumerate(items):
        if typed and isinstance(item, dict) and not item.get("kind"):
            item = {**item, **typed}
        yield from objects_in(item, line, text, file, (*before, "items", number))


def _has_kind(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("kind"), str)


def _is_list(value: Any) -> bool:
    """Whether it is a list of the API, and not one object of a kind such as ``DenyList``."""
    kind = value.get("kind") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind.endswith("List") and ("items" in value or "spec" not in value)


def _object(value: Any, empty: Document) -> Document | Problem:
    if _has_kind(value):
        return replace(empty, data=value)
    rule, fix = "must be an object of Kubernetes", "add apiVersion and kind"
    return Problem(f"{empty.file} line {empty.line}", rule, fix=fix, id="CEK5014")


def _how(text: bytes | str, line: int, before: Location) -> tuple[Written, Callable[[Location], int]]:
    """How, and where, *text* writes what is below a place in the document that begins in a line."""
    return (
        lambda place: written(text, (*before, *place), line),
        lambda place: line_of(text, (*before, *place), line),
    )


def is_policy(document: Document) -> bool:
    """Whether an object is a policy here. ClusterNetworkPolicies of EKS and others are of another group."""
    group = KIND_GROUPS.get(document.kind)
    if group is None:
        return document.kind in KINDS
    return str(document.data.get("apiVersion", "")).partition("/")[0] == group


@without_collections()
def load_policies(documents: Iterable[Document], version: CiliumVersion | None = None) -> list[Policy]:
    """Make policies of the documents that are policies, and skip the others.

    Args:
        documents: Objects of any kind.
        version: The release of Cilium that enforces them. By default refuse only what no release accepts.

    Raises:
        InputError: For everything wrong in them, all at once.
    """

    named = [document for document in documents if is_policy(document)]
    return make_each(named, lambda document: load_policy(document, version))


def load_policy(document: Document, version: CiliumVersion | None = None) -> Policy:
    """Make a policy of a document that is one.

    Args:
        document: The policy.
        version: The release of Cilium that enforces it. By default refuse only what no release accepts.

    Raises:
        InputError: For everything wrong in it, all at once.
    """
    policy = parse(document.data, document.where, document.written)
    refuse(problems_for(policy, version, document.where))
    return policy


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
    documents = [dump_yaml(policy.manifest()) for policy in policies]
    return "---\n".join(documents)
