"""The phases of a migration, and the label that says which CNI a node has."""

from __future__ import annotations

from typing import Final, Literal, get_args

Phase = Literal["prepare", "install", "move", "finish"]

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
"""The phases in their order."""

NEW_NODES: Final = "io.cilium.migration/cilium-default"
"""The label of nodes that have Cilium, with the value ``true``. aws-node's affinity excludes them, and agents
run on no others. Cilium's own guide uses this name:
https://docs.cilium.io/en/stable/installation/k8s-install-migration/.
"""
