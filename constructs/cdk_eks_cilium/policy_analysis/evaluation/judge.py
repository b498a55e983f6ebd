"""Verdicts without texts, for very many flows: each kind of flow is judged once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from .compiled import DIRECTIONS
from .evaluation import Evaluation
from .explanation import Verdict
from .flow import Endpoint, Flow
from .identities import AddressAtoms, identity_of


@dataclass(frozen=True)
class Judgement:
    """A verdict for a kind of flow.

    Attributes:
        verdict: Whether such a flow may pass.
        limited: Whether only some requests pass. `Evaluation.explain` judges requests.
    """

    verdict: Verdict
    limited: bool


class FlowJudge:
    """Judges flows by the identities of their sides.

    Ask `identity` once for each side, and keep the number: a verdict for a known kind of flow is then one
    look into a dictionary.

    Args:
        evaluation: The policies and their inventory.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self._numbers: dict[Hashable, int] = {}
        self._firsts: list[Endpoint] = []
        self._found: dict[tuple[int, int, str, int], Judgement] = {}

    def identity(self, endpoint: Endpoint) -> int:
        """The number of the sides that no policy can tell from this one.

        Addresses that are in the same ranges of policies have one number; so have equal pods.
        """
        key = (
            (endpoint.name if endpoint.kind == "entity" else "address", *self._atoms.of(endpoint.ip))
            if endpoint.ip is not None
            else identity_of(endpoint, self.evaluation.inventory)
        )
        number = self._numbers.setdefault(key, len(self._firsts))
        if number == len(self._firsts):
            self._firsts.append(endpoint)
        return number

    def judge(self, source: int, destination: int, protocol: str, port: int) -> Judgement:
        """Judge a flow between two sides, by their identities.

        Two sides of one identity are two pods here. A pod always reaches itself; that is for the caller.

        Raises:
            InputError: If protocol or port cannot be of a flow.
        """
        key = source, destination, protocol, port
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._judge(*key)
        return found

    def _judge(self, source: int, destination: int, protocol: str, port: int) -> Judgement:
        flow = Flow(self._firsts[source], self._firsts[destination], port, protocol)
        found = self.evaluation.explain(flow, to_itself=False)
        return Judgement(found.verdict, found.allowed and bool(found.limits))

    @cached_property
    def _atoms(self) -> AddressAtoms:
        return AddressAtoms(self._ranges())

    def _ranges(self) -> Iterator[str]:
        """Every range of the policies and of the groups that they may choose, and what is behind Services."""
        for group in self.evaluation.inventory.cidr_groups:
            yield from group.cidrs
        for listed in self.evaluation.inventory.backends:
            yield from listed.addresses
        items = (
            item
            for rule in self.evaluation.rules
            for direction in DIRECTIONS
            for item in rule.items(direction)
        )
        tiered = (
            item for rules in self.evaluation.tiers.rules.values() for rule in rules for item in rule.items
        )
        for item in chain(items, tiered):
            given = getattr(item.item, item.peer_kind) if item.peer_kind else ()
            if (item.peer_kind or "").endswith("_cidr"):
                yield from given
            elif (item.peer_kind or "").endswith("_cidr_set"):
                for rule in given:
                    yield from (*((rule.cidr,) if rule.cidr else ()), *(rule.except_ or ()))
