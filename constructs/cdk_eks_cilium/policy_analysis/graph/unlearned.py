"""Names that a picture leaves out, because Cilium never learns their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdk_eks_cilium.policy_analysis.evaluation import Evaluation
from cdk_eks_cilium.policy_analysis.workloads import Workload

from .nodes import Arrow, GraphNode
from .outside import stand_in


def unlearned_names(
    evaluation: Evaluation,
    workloads: Iterable[Workload],
    nodes: Sequence[GraphNode],
    arrows: Iterable[Arrow],
) -> Iterator[str]:
    """The items for names that no arrow goes to, where no DNS rule lets Cilium learn the addresses, in words.

    Args:
        evaluation: The evaluation.
        workloads: The pods that are shown.
        nodes: The boxes of the picture.
        arrows: Its arrows.
    """
    drawn = {
        side.name for arrow in arrows for side in nodes[arrow.destination].endpoints if side.kind == "fqdn"
    }
    unlearned: dict[tuple[str, str], bool] = {}
    for workload in workloads:
        for rule, _ in evaluation.choosing(workload):
            for item in rule.items("egress"):
                for name in getattr(item.item, "to_fqdns", None) or ():
                    asked, key = stand_in(name), (str(item.place), name.text)
                    if asked not in drawn and unlearned.get(key, True):
                        unlearned[key] = evaluation.dns_answers(workload, asked).meaning.matches is False
    names: dict[str, list[str]] = {}
    for (place, text), is_unlearned in unlearned.items():
        if is_unlearned:
            names.setdefault(place, []).append(text)
    places: dict[str, list[str]] = {}
    for place, found in names.items():
        places.setdefault(", ".join(found), []).append(place)
    for text, (place, *others) in places.items():
        items = "item" if len(others) == 1 else "items"
        are = f"and {len(others)} more {items} are" if others else "is"
        yield f"{place} {are} for {text}, whose addresses no DNS rule lets Cilium learn"
