"""Rules of AWS, Kubernetes and Cilium that the library and its rehearsal rely on, each with its source."""

from __future__ import annotations

from .belief import SURE, Belief, Reference, Sure
from .ledger import AREAS, beliefs

__all__ = ["AREAS", "SURE", "Belief", "Reference", "Sure", "beliefs"]
