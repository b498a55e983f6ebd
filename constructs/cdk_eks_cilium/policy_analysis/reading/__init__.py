"""Reads what people have: folders of a GitOps repository, what kubectl, Helm and Kustomize print.

Whatever cannot be read, or is not needed, is left out by name (`LeftOut`) and stops nothing else.
"""

from .kinds import is_judged
from .kustomizations import KUSTOMIZATION_NAMES
from .left_out import LeftOut, notes, unrendered
from .reading import Reading, read_conversions, read_inventory, read_policies, read_sources, read_written
from .sources import STANDARD_INPUT

__all__ = [
    "KUSTOMIZATION_NAMES",
    "STANDARD_INPUT",
    "LeftOut",
    "Reading",
    "is_judged",
    "notes",
    "read_conversions",
    "read_inventory",
    "read_policies",
    "read_sources",
    "read_written",
    "unrendered",
]
