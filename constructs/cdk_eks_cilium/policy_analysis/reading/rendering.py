"""What kustomizations set in the objects that they render: the namespace. What else they do is named."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cdk_eks_cilium.policy.documents import Document

from .kustomizations import Kustomization, renders_its_folder
from .left_out import ELSEWHERE, LeftOut, listed

_CLUSTERWIDE: Final = frozenset(
    {
        "CiliumCIDRGroup",
        "CiliumClusterwideNetworkPolicy",
        "ClusterNetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "Node",
    }
)
"""Kinds without a namespace. Kustomize sets one in kinds unknown to it, and nothing reads it."""


@dataclass(frozen=True)
class Rendered:
    """Objects as they are after Kustomize.

    Attributes:
        documents: The objects.
        left_out: The kustomizations that do something else, too.
        remarks: What was set, in words.
    """

    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...]


def render(
    documents: Sequence[Document],
    kustomizations: Sequence[Kustomization],
    beside: Sequence[Kustomization],
    files: Iterable[str],
) -> Rendered:
    """Set the namespaces that some kustomizations set, the outermost last.

    Kustomize sets the namespace of every object that has one, whatever it was before, and the name of a
    Namespace (`Filter.run` in its ``api/filters/namespace/namespace.go``, with the fields of
    ``api/internal/konfig/builtinpluginconsts/namespace.go``).

    Args:
        documents: The objects.
        kustomizations: The kustomizations that were read with them.
        beside: Further kustomizations, of which only the namespace counts.
        files: The files that were read.
    """
    if not kustomizations and not beside:
        return Rendered(tuple(documents), (), ())
    layers = _Layers(documents, kustomizations, beside, files)
    made, setters = [], Counter[str]()
    for each in documents:
        namespaces = layers.namespaces(each)
        (namespace,) = namespaces if len(namespaces) == 1 else (None,)
        found = _placed(each, namespace) if namespace else each
        setters[namespace or ""] += found is not each
        made.append(found)
    count = sum(setters.values())
    names = listed([name for name, number in setters.items() if number])
    remarks = (
        [f"set as 'kustomize build' does: namespace {names} of {count} object{'' if count == 1 else 's'}"]
        if count
        else []
    )
    return Rendered(tuple(made), tuple(layers.left_out()), tuple(remarks))


def _placed(document: Document, namespace: str) -> Document:
    if document.kind in _CLUSTERWIDE:
        return document
    key = "name" if document.kind == "Namespace" else "namespace"
    metadata = document.data.get("metadata")
    before = metadata if isinstance(metadata, Mapping) else {}
    if before.get(key) == namespace:
        return document
    return replace(document, data={**document.data, "metadata": {**before, key: namespace}})


class _Layers:
    """Kustomizations with the files that each renders, alone or through others."""

    def __init__(
        self,
        documents: Iterable[Document],
        kustomizations: Sequence[Kustomization],
        beside: Sequence[Kustomization],
        files: Iterable[str],
    ) -> None:
        self._kinds: dict[Path, set[str]] = {}
        self._paths = {name: Path(name).resolve() for name in files}
        for each in documents:
            self._kinds.setdefault(self._paths[each.file], set()).add(each.kind)
        self._all = kustomizations
        everything = (*beside, *kustomizations)
        self._by_folder = {one.folder: one for one in everything if renders_its_folder(one)}
        self._there = {above for path in self._paths.values() for above in (path, *path.parents)}
        self._namespaces: dict[Path, set[str | None]] = {}
        self._found: dict[Path, frozenset[Path]] = {}
        self._visited: set[tuple[Path, str | None]] = set()
        inner = {path for one in self._by_folder.values() for _, path in one.resources()}
        for one in kustomizations:
            target = self.target(one) if one.for_flux else None
            if target is not None:
                inner.add(target)
                self._render(target, one.namespace)
        for folder in self._by_folder:
            if folder not in inner:
                self._render(folder, None)

    def target(self, flux: Kustomization) -> Path | None:
        """The folder that Flux renders, if one alone has that path: the source's root is unknown."""
        found = self._candidates(flux)
        return found.pop() if len(found) == 1 else None

    def _candidates(self, flux: Kustomization) -> set[Path]:
        if flux.path is None:
            return set()
        above = (flux.folder, *flux.folder.parents)
        paths = {Path(os.path.normpath(parent / flux.path)) for parent in above}
        return paths & self._there

    def namespaces(self, document: Document) -> set[str | None]:
        """The namespaces that an object's file is rendered into; None for the namespace that it has."""
        return self._namespaces.get(self._paths[document.file], set())

    def _render(self, folder: Path, outer: str | None) -> None:
        if (folder, outer) in self._visited:
            return
        self._visited.add((folder, outer))
        own = self._by_folder.get(folder)
        for path in self._content(folder) if own is None else [path for _, path in own.resources()]:
            namespace = outer or (own.namespace if own else None)
            if path in self._kinds:
                self._namespaces.setdefault(path, set()).add(namespace)
            elif path in self._by_folder:
                self._render(path, namespace)

    def _content(self, folder: Path) -> Iterator[Path]:
        """What Flux renders of a folder without a kustomization: all files, and folders that have one.

        `scanManifests` in github.com/fluxcd/pkg's ``kustomize/kustomize_generator.go``.
        """
        inner = [each for each in self._by_folder if each.is_relative_to(folder)]
        yield from inner
        for path in self._kinds:
            if path.is_relative_to(folder) and not any(path.is_relative_to(each) for each in inner):
                yield path

    def left_out(self) -> Iterator[LeftOut]:
        """The kustomizations that do more than to set a namespace, and those whose objects are elsewhere."""
        for one in self._all:
            if one.for_flux and one.path is not None and not self._candidates(one):
                yield LeftOut(one.file, one.where, "not rendered", "Kustomization")
                continue
            detail = tuple(dict.fromkeys(self._unmet(one)))
            if detail:
                yield LeftOut(one.file, one.where, "kustomization", "Kustomization", detail=detail)

    def _unmet(self, one: Kustomization) -> Iterator[str]:
        target = self.target(one) if one.for_flux else one.folder
        if target is None:
            if one.namespace is not None:
                yield "targetNamespace for a path that is not known"
            return
        reached = self._reached(target)
        kinds = frozenset(kind for path in reached for kind in self._kinds[path])
        yield from one.makes()
        if kinds:
            yield from one.changes(kinds)
        if one.for_flux:
            return
        if any(path not in self._there for _, path in one.resources()):
            yield ELSEWHERE
        if any(len(self._namespaces.get(path, ())) > 1 for path in reached if one.namespace):
            yield "one of several namespaces for the same files"

    def _reached(self, folder: Path, trail: frozenset[Path] = frozenset()) -> frozenset[Path]:
        """The files that the rendering of a folder reads."""
        if folder in self._found or folder in trail:
            return self._found.get(folder, frozenset())
        own = self._by_folder.get(folder)
        paths = list(self._content(folder)) if own is None else [path for _, path in own.resources()]
        found = {path for path in paths if path in self._kinds}
        for path in paths:
            if path in self._by_folder:
                found |= self._reached(path, trail | {folder})
        self._found[folder] = frozenset(found)
        return self._found[folder]
