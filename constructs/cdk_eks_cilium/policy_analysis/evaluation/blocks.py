"""Rules split the other sides of a pod's flows into blocks: the same items mean the sides of a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_eks_cilium.policy_analysis.workloads import Workload

from .classes import SideClasses
from .compiled import CompiledItem, Direction
from .evaluation import Evaluation
from .index import members

Items = tuple[CompiledItem, ...]


@dataclass(frozen=True)
class Block:
    """Other sides that the same items mean.

    Attributes:
        classes: Their classes.
        sure: The items that are known to mean them.
        unsure: The items that may mean them.
    """

    classes: int
    sure: Items = ()
    unsure: Items = ()


def blocks(
    evaluation: Evaluation, sides: SideClasses, workload: Workload, direction: Direction
) -> Iterator[Block]:
    """The blocks for a pod in one direction. Names, and in ingress the pod's own node, have their own."""
    alone = sides.names if direction == "egress" else sides.own_node
    found = [Block(sides.everyone & ~alone), *(Block(1 << each) for each in members(alone))]
    required = evaluation.required(workload, direction)
    for rule, selected in evaluation.choosing(workload):
        for item in rule.items(direction):
            sure, possible = sides.meant(item)
            for each in required[item.denies] if item.chooses_by_labels else ():
                certain, thinkable = sides.choose((each.matcher,))
                # A requirement that may not count keeps nobody out for sure.
                counts = each.selected.matches or each.rule is rule
                sure, possible = sure & certain, possible & thinkable if counts else possible
            sure = sure if selected.matches else 0
            if possible:
                found = [part for block in found for part in _split(block, item, sure, possible)]
    return iter(found)


def _split(block: Block, item: CompiledItem, sure: int, possible: int) -> Iterator[Block]:
    meant = block.classes & sure
    if meant:
        yield Block(meant, (*block.sure, item), block.unsure)
    maybe = block.classes & possible & ~sure
    if maybe:
        yield Block(maybe, block.sure, (*block.unsure, item))
    other = block.classes & ~possible
    if other:
        yield Block(other, block.sure, block.unsure)
