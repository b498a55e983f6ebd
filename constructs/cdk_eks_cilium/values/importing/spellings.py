"""Old spellings: keys that a chart renamed or lost, and values that were written as another type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rules.removed_keys import ENDED, RENAMED, way_out
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.chart_catalogue import Catalogue, Key
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .remaining import Remaining

_BOOLEANS: Final = {"true": True, "false": False}
_WORDS: Final = {**_BOOLEANS, "strict": True, "disabled": False}
_NO_TUNNEL: Final = "disabled"


def understand(rest: Remaining, version: CiliumVersion) -> None:
    """Rewrite what the chart of *version* spells otherwise, and drop what became of it."""
    catalogue = Catalogue.of(version)
    _tunnel(rest, version)
    _kube_proxy(rest, version)
    for path, value in rest.leaves():
        key = ".".join(path)
        found = catalogue.find(key)
        if found is not None:
            _as_type(rest, path, value, found)
        elif key in RENAMED:
            _renamed(rest, key, value, catalogue)
        elif catalogue.removed_in(key) and any(way in ENDED for way in _around(path)):
            gone = f"was removed in Cilium's chart {catalogue.removed_in(key)}"
            rest.drop("unread", key, f"{gone}; {way_out(key, catalogue)}")


def _tunnel(rest: Remaining, version: CiliumVersion) -> None:
    """``tunnel`` had both the way of routing and the protocol; newer charts have a key for each."""
    given = rest.get("tunnel")
    if not behaviour.chart.ROUTING_MODE.holds(version) or given is MISSING:
        return
    rest.take("tunnel")
    if given in (None, ""):
        return
    mode = "native" if given == _NO_TUNNEL else "tunnel"
    rest.find("renamed", "tunnel", f"read as routingMode {mode!r}", given)
    if rest.get("routingMode") is MISSING:
        rest.put("routingMode", mode)
    if mode == "tunnel" and rest.get("tunnelProtocol") is MISSING:
        rest.put("tunnelProtocol", given)


def _kube_proxy(rest: Remaining, version: CiliumVersion) -> None:
    """The replacement of kube-proxy was a word, and is a switch."""
    given = rest.get("kubeProxyReplacement")
    switch = _WORDS.get(str(given).lower())
    if given is MISSING or isinstance(given, bool) or switch is None:
        return
    if behaviour.chart.KUBE_PROXY_REPLACEMENT_IS_A_SWITCH.holds(version):
        rest.find("renamed", "kubeProxyReplacement", f"read as {switch!r}", given)
        rest.put("kubeProxyReplacement", switch)


def _renamed(rest: Remaining, key: str, value: Any, catalogue: Catalogue) -> None:
    successor = catalogue.find(RENAMED[key])
    if successor is None or not successor.read or isinstance(value, Mapping):
        return
    rest.take_at(*key.split("."))
    if rest.get(*successor.path.split(".")) is MISSING:
        rest.find("renamed", key, f"read as {successor.path!r}", value)
        rest.put(successor.path, value)
    else:
        rest.find("unread", key, f"{successor.path!r} is given too, and counts", value)


def _as_type(rest: Remaining, path: tuple[str, ...], value: Any, key: Key) -> None:
    """Write text as the boolean or the number that the chart wants."""
    if not isinstance(value, str) or "string" in key.types or value in key.choices:
        return
    wanted: Any = MISSING
    if "bool" in key.types:
        wanted = _BOOLEANS.get(value.lower(), MISSING)
    elif key.types & {"int", "number"} and value.removeprefix("-").isdecimal():
        wanted = int(value)
    if wanted is not MISSING:
        rest.find("renamed", key.path, f"read as {wanted!r}, without quotes", value)
        rest.put(key.path, wanted)


def _around(path: tuple[str, ...]) -> list[str]:
    return [".".join(path[:size]) for size in range(len(path), 0, -1)]
