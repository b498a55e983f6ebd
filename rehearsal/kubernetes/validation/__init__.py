"""What Kubernetes refuses about an object before it is stored, with the server's own words.

Schemas and types are checked before; the functions here take any JSON and raise nothing.
"""

# no belief: the modules of this room have them

from __future__ import annotations

from rehearsal.kubernetes.validation.fields import FieldError, refusal
from rehearsal.kubernetes.validation.kinds import field_errors, needs_version
from rehearsal.kubernetes.validation.release import Release

__all__ = ["FieldError", "Release", "field_errors", "needs_version", "refusal"]
