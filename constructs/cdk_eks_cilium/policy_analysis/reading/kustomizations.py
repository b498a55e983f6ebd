"""Kustomizations: of Kustomize, in files of its names, and of Flux, which render a folder by Kustomize.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/ and
https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.problems import CallError
from cdk_eks_cilium.problems.bounds import SETTINGS, read_bounded
from cdk_eks_cilium.problems.kubernetes_yaml import read_stream

from .left_out import MAKING

_GROUP: Final = "kustomize.config.k8s.io/"
_FLUX_GROUP: Final = "kustomize.toolkit.fluxcd.io/"
KUSTOMIZATION_NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names of the file that Kustomize reads of a folder."""

_PATCHES: Final = ("patches", "patchesStrategicMerge", "patchesJson6902")
_RESOURCES: Final = ("resources", "bases", "components")
_CHANGING: Final = ("commonLabels", "configurations", "replacements", "transformers", "vars")
_LABELLED: Final = frozenset({"Namespace", "Node", "Pod"})
"""The kinds whose own labels policies depend on."""


@dataclass(frozen=True)
class Kustomization:
    """A kustomization, or one of Flux.

    Attributes:
        file: The file, as the path to it was given.
        line: The line where it begins.
        data: The document.
        folder: The folder that it renders; of one of Flux, the folder that it is in.
        for_flux: Whether it is one of Flux.
    """

    file: str
    line: int
    data: Mapping[str, Any]
    folder: Path
    for_flux: bool = False

    @property
    def where(self) -> str:
        """File, line, kind and name."""
        return Document(self.file, self.line, self.data).where

    @property
    def namespace(self) -> str | None:
        """The namespace that it sets in all that it renders; None if it sets none.

        `Generator.WriteFile` of github.com/fluxcd/pkg's ``kustomize`` writes Flux's in the folder's own.
        """
        found = self._spec.get("targetNamespace") if self.for_flux else self.data.get("namespace")
        return found if isinstance(found, str) and found else None

    @property
    def path(self) -> str | None:
        """What Flux renders, from the root of the source; None for the root itself."""
        found = os.path.normpath(str(self._spec.get("path") or ".")).lstrip("/")
        return found if found not in ("", ".") else None

    def resources(self) -> Iterator[tuple[str, Path]]:
        """The files and folders that it renders, each as written and as a path."""
        for name in _RESOURCES:
            for entry in _list(self.data.get(name)):
                if isinstance(entry, str):
                    yield entry, Path(os.path.normpath(self.folder / entry))

    def patch_files(self) -> Iterator[Path]:
        """The files of its patches: parts of objects, and no objects by themselves."""
        for each in self._patches():
            if isinstance(each, Path):
                yield each

    def makes(self) -> Iterator[str]:
        """Its fields that make further objects."""
        yield from (name for name in sorted(MAKING) if self.data.get(name))

    def changes(self, kinds: frozenset[str]) -> Iterator[str]:
        """Its fields that may change what objects of some kinds mean. Files of patches are named apart."""
        given = self._spec if self.for_flux else self.data
        yield from (name for name in _CHANGING if self.data.get(name))
        # Without these two, labels come only to the objects themselves, and not to pods and selectors:
        # https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/labels/
        deep = ("includeSelectors", "includeTemplates")
        labels = [each for each in _list(self.data.get("labels")) if isinstance(each, Mapping)]
        if any(each.get(name) for each in labels for name in deep) or (labels and kinds & _LABELLED):
            yield "labels"
        if any(not isinstance(each, Path) for each in self._patches()):
            yield "patches"
        if self.for_flux and given.get("components"):
            yield "components"

    @property
    def _spec(self) -> Mapping[str, Any]:
        spec = self.data.get("spec")
        return spec if isinstance(spec, Mapping) else {}

    def _patches(self) -> Iterator[Path | None]:
        """Its patches: a file, or None for one that stands in the kustomization."""
        for name in _PATCHES:
            for patch in _list((self._spec if self.for_flux else self.data).get(name)):
                path = patch.get("path") if isinstance(patch, Mapping) else patch
                # A patch may also stand in place of its file's name.
                named = isinstance(path, str) and "\n" not in path
                yield Path(os.path.normpath(self.folder / str(path))) if named else None


def kustomization_of(value: Any, file: str, line: int) -> Kustomization | None:
    """The kustomization in a document; None if it is another one.

    One of Kustomize may leave apiVersion and kind out: `FixKustomizationPostUnmarshalling` in Kustomize's
    ``api/types/kustomization.go``.
    """
    if not isinstance(value, Mapping):
        return None
    version, path = str(value.get("apiVersion") or ""), Path(file)
    if version.startswith(_GROUP) or (not version and path.name in KUSTOMIZATION_NAMES):
        return Kustomization(file, line, value, path.parent.resolve())
    if version.startswith(_FLUX_GROUP) and value.get("kind") == "Kustomization":
        return Kustomization(file, line, value, path.parent.resolve(), for_flux=True)
    return None


def kustomizations_beside(files: Iterable[str]) -> Iterator[Kustomization]:
    """The kustomizations in the folders of some files that somebody named, which may set their namespaces.

    One that cannot be read is left out: nobody named it.
    """
    for folder in dict.fromkeys(Path(file).parent for file in files):
        for path in (folder / name for name in KUSTOMIZATION_NAMES):
            with suppress(CallError, OSError):
                for each in read_stream(read_bounded(path, SETTINGS), str(path)).read:
                    if (found := kustomization_of(each.value, str(path), each.line)) is not None:
                        yield found


def renders_its_folder(one: Kustomization) -> bool:
    """Whether Kustomize takes it for the kustomization of its folder, which it does by the file's name."""
    return not one.for_flux and Path(one.file).name in KUSTOMIZATION_NAMES


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
