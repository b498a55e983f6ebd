"""What the library and its rehearsal believe of AWS, Kubernetes and Cilium, each rule once, with its source."""

from __future__ import annotations

from .belief import SURE, Belief, Reference, Sure
from .ledger import AREAS, beliefs

__all__ = ["AREAS", "SURE", "Belief", "Reference", "Sure", "beliefs"]
