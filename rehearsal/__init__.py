"""Rehearses a deployment on this machine: plays a cloud assembly with CloudFormation's semantics.

`rehearse(assembly)` (or `python -m rehearsal DIR`) creates every stack of the assembly, checks the result and
destroys it again. AWS state lives in moto, the Kubernetes API is embedded, and custom resources run their
real code as processes. It shows order, rollback and clean-up, and judges calls by IAM policies; it does not
evaluate network reachability or the boot of a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.aws.runtime import Options
    from rehearsal.rehearse import rehearse
    from rehearsal.report.outcome import RehearsalReport

__all__ = ["Options", "RehearsalReport", "rehearse"]

_HOMES = {
    "Options": "rehearsal.aws.runtime",
    "RehearsalReport": "rehearsal.report.outcome",
    "rehearse": "rehearsal.rehearse",
}


def __getattr__(name: str) -> Any:
    """Loads a public name with its first use, so that the command line answers Ctrl-C before that."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
