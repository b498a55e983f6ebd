"""From the values of a cluster that runs to typed values and overrides that are valid for a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.chart import chart_values, implied_values
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import merged, same
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.values.rules.owned import repeated
from cdk_eks_cilium.values.rules.problems import problems
from cdk_eks_cilium.versions.chart_catalogue import Catalogue
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .by_hand import take_by_hand, take_cni_config
from .declared import take_declared
from .note import ImportNote, Kind
from .remaining import Remaining
from .spellings import understand
from .wanted import Wanted, reason

_DEFAULT: Final = ", as in the chart's default, which the file leaves"
_OVERRIDES: Final = "overrides."
#: The rules of keys that a chart does not read, by the ids of their problems.
_UNREAD: Final = frozenset({"CEK2045", "CEK2046", "CEK2047", "CEK2048"})
#: What only the deployment knows; nothing in a file is the same.
_PLACEHOLDERS: Final = References(
    cluster_name="<cluster>", operator_role_arn="<role>", subnet_ids=("<subnet>",), api_server_host="<host>"
)


@dataclass
class Imported:
    """What chart values become.

    Attributes:
        version: The release that they are imported for.
        theirs: The chart values in the spelling of the release.
        cluster_name: Cilium's name of the cluster in them, None if they lack it.
    """

    version: CiliumVersion
    theirs: Mapping[str, Any]
    cluster_name: str | None
    _rest: Remaining = field(repr=False)
    _wanted: Wanted = field(repr=False)

    @property
    def values(self) -> CiliumValues:
        """The typed values with their overrides."""
        typed = self._wanted.model(self._rest)
        return typed.model_copy(update={"overrides": self.overrides})

    @property
    def overrides(self) -> dict[str, Any]:
        """The chart values that no field has."""
        return self._rest.data

    @property
    def findings(self) -> tuple[ImportNote, ...]:
        """What became of every chart value: dropped ones first, then typed ones, then overrides."""
        typed = [
            ImportNote(
                "typed", wish.key, f"is {path}" + ("" if wish.given is not MISSING else _DEFAULT), wish.given
            )
            for path, wish in self._wanted.wishes.items()
        ]
        raw = [
            ImportNote("override", ".".join(path), "stays a raw value", value)
            for path, value in self._rest.leaves()
        ]
        return (*self._rest.findings, *typed, *raw)

    def drop(self, problem: Problem, where: str = "cilium") -> bool:
        """Drop the value that a problem blames, with its words; False if it blames none of them."""
        place = problem.where.removeprefix(f"{where}.")
        if not place.startswith(_OVERRIDES):
            return self._wanted.refuse(problem, self._rest, f"{where}.")
        taken = self._rest.take_place(place.removeprefix(_OVERRIDES))
        if taken is None:
            return False
        key, value = taken
        kind: Kind = "unread" if problem.id in _UNREAD else "impossible"
        self._rest.find(kind, key, reason(problem), value)
        return True


def import_values(
    given: Mapping[str, Any],
    version: CiliumVersion,
    *,
    computed: bool = False,
    cni_config: Mapping[str, Any] | None = None,
) -> Imported:
    """The typed values and overrides for chart values of any release, valid for *version*.

    Args:
        given: The chart values of a cluster with ENI addresses.
        version: The release to install.
        computed: Whether *given* has the defaults of its chart too; what equals the default of *version* is
            then dropped.
        cni_config: The CNI configuration that agents below 1.19 read, or its ConfigMap.
    """
    rest, wanted = Remaining(given), Wanted()
    understand(rest, version)
    theirs = Remaining(rest.data).data
    name = rest.get("cluster", "name")
    if computed:
        _drop_defaults(rest, version)
    if cni_config is not None:
        take_cni_config(cni_config, rest, wanted)
    take_by_hand(rest, wanted, version)
    take_declared(rest, wanted, version)
    found = Imported(version, theirs, name if isinstance(name, str) else None, rest, wanted)
    _drop_repeated(found, rest)
    _drop_refused(found)
    return found


def _drop_defaults(rest: Remaining, version: CiliumVersion) -> None:
    chart = EffectiveValues({}, version)
    known = {key.path for key in Catalogue.of(version)}
    for path, value in rest.leaves():
        if ".".join(path) in known and (value is None or same(chart.at(path), value)):
            rest.take_at(*path)


def _drop_repeated(found: Imported, rest: Remaining) -> None:
    """Drop what the library writes anyway, and what it owns and leaves at the default that the file has."""
    values = found.values
    alone = values.model_copy(update={"overrides": {}})
    written = merged(implied_values(found.version), chart_values(alone, found.version, _PLACEHOLDERS))
    ours = EffectiveValues(written, found.version)
    owned = set(repeated(values, found.version))
    for path, value in rest.leaves():
        key = ".".join(path)
        if key in owned or (_reach(written, path) and same(ours.at(path), value)):
            rest.take_at(*path)
            rest.find("same", key, "the deployment sets it anyway", value)
        elif value is None and ours.at(path) is MISSING:
            rest.take_at(*path)


def _reach(written: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    value: Any = written
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return False
        value = value[name]
    return True


def _drop_refused(found: Imported) -> None:
    """Drop what the rules refuse, one after the other: a value can be refused because of another one."""
    while any(found.drop(problem) for problem in problems(found.values, found.version)):
        pass
