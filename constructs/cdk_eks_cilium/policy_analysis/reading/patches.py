"""The files that a kustomization names as patches: parts of objects, and no objects by themselves.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

_GROUP: Final = "kustomize.config.k8s.io/"
_LISTS: Final = ("patches", "patchesStrategicMerge", "patchesJson6902")


def patch_files(data: Any, file: str) -> Iterator[Path]:
    """The files of the patches in a document, resolved; *file* is the document's own."""
    if not isinstance(data, Mapping) or not str(data.get("apiVersion", "")).startswith(_GROUP):
        return
    for name in _LISTS:
        given = data.get(name)
        for patch in given if isinstance(given, list) else ():
            path = patch.get("path") if isinstance(patch, Mapping) else patch
            # A patch may also stand in place of its file's name.
            if isinstance(path, str) and "\n" not in path:
                yield (Path(file).parent / path).resolve()
