"""Cilium as the only CNI of an EKS cluster, as CDK constructs.

The public API is the names in ``__init__.pyi``, beside this file; everything else may change. They are
imported on first use, so that the plain parts (`values`, `addressing`, `settings`, ...) never wait for
aws_cdk and its Node.js.
"""

from __future__ import annotations

import re
from importlib import import_module

__version__ = "0.1.0"  # the wheel's version, too

with open(f"{__file__.removesuffix('c')}i", encoding="utf-8") as _stub:
    _MODULES = {
        name: module for module, name in re.findall(r"^from (\S+) import (\w+) as", _stub.read(), re.M)
    }

_PLAIN = (".nodes", ".policy", ".problems", ".values", ".versions")
"""The modules whose import loads no aws_cdk."""

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _MODULES[name] not in _PLAIN:
        from .node_js import provide_node

        provide_node()
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
