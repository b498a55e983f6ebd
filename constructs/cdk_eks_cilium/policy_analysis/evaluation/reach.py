"""What passes between two sides, at all ports at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final

from .flow import Endpoint
from .spans import PortSet, stretches

Limits = tuple[tuple[PortSet, str], ...]


@dataclass(frozen=True)
class Passage:
    """What passes between two sides that nobody names here, in one direction of policies or in both.

    Attributes:
        ports: Where anything passes.
        limited: Where only what *limits* allow passes.
        limits: The limited ports with what passes there, in words. In one direction each port occurs once,
            with its alternatives in one text: what egress lets through to a name, for instance. In both
            directions together a port that occurs twice is limited on either side, and both limits must hold.
        denied: Ports that a rule denies though another allows them.
        unknown: Ports where the answer depends on something that nobody described.
        missing: What somebody must describe so that the answer there becomes known.
    """

    ports: PortSet
    limited: PortSet = field(default_factory=lambda: PortSet({}))
    limits: Limits = ()
    denied: PortSet = field(default_factory=lambda: PortSet({}))
    unknown: PortSet = field(default_factory=lambda: PortSet({}))
    missing: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.ports, self.limited, self.limits, self.denied, self.unknown, self.missing))

    @cached_property
    def known(self) -> PortSet:
        """Where something passes for sure."""
        return self.ports | self.limited

    @cached_property
    def is_something(self) -> bool:
        """Whether something passes or may pass, or a rule denies what another allows."""
        return bool(self.ports or self.limited or self.denied or self.unknown)

    def meet(self, other: Passage) -> Passage:
        """What passes if it must pass both."""
        plain = self.ports & other.ports
        either = self.known & other.known
        limited = either - plain
        limits: Iterable[tuple[PortSet, str]] = ()
        if limited:
            limits = ((ports & limited, text) for ports, text in (*self.limits, *other.limits))
        unknown, missing = _NOTHING, tuple[str, ...]()
        if self.unknown or other.unknown:
            unknown = ((self.known | self.unknown) & (other.known | other.unknown)) - either
            missing = tuple(dict.fromkeys((*self.missing, *other.missing))) if unknown else ()
        limited_parts = tuple(one for one in limits if one[0])
        return Passage(plain, limited, limited_parts, self.denied | other.denied, unknown, missing)

    def between(self, source: Endpoint, destination: Endpoint) -> Reach:
        """The same with the names of the sides."""
        # A matrix has very many of them, and `__init__` of a frozen dataclass is slow.
        made = object.__new__(Reach)
        made.__dict__.update(self._parts, source=source, destination=destination)
        return made

    @cached_property
    def _parts(self) -> Mapping[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


_NOTHING: Final = PortSet({})
OPEN: Final = Passage(PortSet.everything())
SHUT: Final = Passage(_NOTHING)


@dataclass(frozen=True)
class Reach:
    """What one side may reach of another.

    Attributes:
        source: The side that begins.
        destination: The other side.
        ports: Where anything passes; this and the others as in `Passage`.
        limited: Where only what *limits* allow passes.
        limits: The limited ports with what passes there, in words; as in `Passage` for both directions.
            Sides other than pods limit nothing.
        denied: Ports that a rule denies though another allows them.
        unknown: Ports where the answer depends on something that nobody described.
        missing: What somebody must describe so that the answer there becomes known.
    """

    source: Endpoint
    destination: Endpoint
    ports: PortSet
    limited: PortSet
    limits: Limits
    denied: PortSet
    unknown: PortSet = field(default_factory=lambda: PortSet({}))
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether anything is known to pass."""
        return bool(self.ports or self.limited)

    def __str__(self) -> str:
        parts = [str(self.ports)] if self.ports else []
        parts += [f"{ports} only for {text}" for ports, text in self.limits]
        return "; ".join(parts) or "nothing"

    def as_json(self) -> dict[str, Any]:
        """The reach as plain data."""
        return {
            "source": str(self.source),
            "destination": str(self.destination),
            "ports": str(self.ports) if self.ports else "",
            "limited": str(self.limited) if self.limited else "",
            "limits": [{"ports": str(ports), "only": text} for ports, text in self.limits],
            "denied": str(self.denied) if self.denied else "",
            "unknown": str(self.unknown) if self.unknown else "",
            "missing": list(self.missing),
        }


def alternatives(limits: Iterable[tuple[PortSet, str]], within: PortSet) -> Limits:
    """Limits of one direction, of which any suffices: each port once, with its alternatives in one text."""
    cut = [(ports & within, text) for ports, text in limits]
    found: dict[tuple[str, ...], list[tuple[str, int, int]]] = {}
    for stretch in stretches(ports for ports, _ in cut):
        texts = tuple(dict.fromkeys(text for ports, text in cut if stretch[:2] in ports))
        if texts:
            found.setdefault(texts, []).append(stretch)
    return tuple((PortSet.of(ports), " or ".join(texts)) for texts, ports in found.items())
