"""Values to try with a chart: drawn from the catalogue of its keys, and near what its templates refuse."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.rendering.merge import merged
from cdk_eks_cilium.values.rules.chart import REFUSALS
from cdk_eks_cilium.values.rules.owned import owned
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, Key
from cdk_eks_cilium.versions.chart_needs import needs_of

#: The CRDs of every kind: draws are about the chart, not about the cluster.
CRDS = ("cert-manager.io", "gateway.networking.k8s.io", "monitoring.coreos.com")
#: Typed values around the overrides. The later ones are for charts whose values the library knows.
TYPED: tuple[dict[str, Any], ...] = (
    {},
    {"kube_proxy_replacement": True},
    {"hubble": {"relay": False, "ui": False}},
    {"egress": "pod"},
)
TYPED_SINCE_KNOWN: tuple[dict[str, Any], ...] = (
    {"kube_proxy_replacement": True, "gateway_api": True, "ingress_controller": {}},
    {"encryption": "wireguard", "hubble": {"metrics": ["dns", "drop"]}},
    {"encryption": "ipsec", "prometheus": {"agent": True}},
)
#: Words that templates compare values with.
WORDS = (
    *(
        "auto",
        "certmanager",
        "cluster",
        "crd",
        "cronJob",
        "disabled",
        "doublewrite-readcrd",
        "envoy",
        "external",
    ),
    *("helm", "internal", "kvstore", "latest", "legacy", "netkit", "native", "true", "tunnel", "wireguard"),
    *("1.13", "1.18", "v0.8.1", "v0.13.2", "5m", "30s", "7", "x", "", "a b"),
)
NUMBERS = (0, 1, 2, 7, 255, 300, 511, 10094)


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


@dataclass(frozen=True)
class Drawn:
    """One draw: overrides around typed values.

    Attributes:
        overrides: The raw values.
        typed: The arguments of `CiliumValues` beside them.
    """

    overrides: dict[str, Any]
    typed: dict[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> CiliumValues:
        return CiliumValues(**self.typed, overrides=self.overrides, existing_crds=CRDS)


class Drawing:
    """Draws values for one chart; the same seed draws the same."""

    def __init__(self, version: CiliumVersion, seed: int) -> None:
        self.version = version
        self.random = random.Random(f"{version}/{seed}")
        kept = {".".join(path) for path in owned(version)}
        self.keys = [key for key in Catalogue.of(version) if key.path not in kept]
        self.near = [
            [path for path in refusal.paths if path in {key.path for key in self.keys}]
            for refusal in REFUSALS
            if refusal.releases.holds(version)
        ]
        self.needed = [need.path for need in needs_of(version)]
        self.by_path = {key.path: key for key in self.keys}

    def draws(self, count: int) -> Iterator[Drawn]:
        """Draws of one to twenty keys."""
        for _ in range(count):
            yield self.draw()

    def draw(self) -> Drawn:
        overrides: dict[str, Any] = {}
        for key in self._chosen():
            overrides = merged(overrides, nested(key.path, self.value(key)))
        return Drawn(overrides, self._typed())

    def _chosen(self) -> list[Key]:
        kind = self.random.random()
        if kind < 0.25:
            near = [self.by_path[path] for path in self.random.choice(self.near or [[]])]
            return near + self.random.sample(self.keys, 1)
        if kind < 0.4:
            paths = [path for path in self.random.sample(self.needed, 3) if path in self.by_path]
            return [self.by_path[path] for path in paths] + self.random.sample(self.keys, 1)
        return self.random.sample(self.keys, self.random.choice((1, 1, 1, 2, 2, 3, 6, 20)))

    def _typed(self) -> dict[str, Any]:
        known = self.version.at_least("1.18")
        return self.random.choice((*TYPED, *TYPED_SINCE_KNOWN) if known else TYPED)

    def value(self, key: Key) -> Any:
        """A value of a type that the key takes; sometimes null, often another than the default."""
        if self.random.random() < 0.15:
            return None
        if key.choices and self.random.random() < 0.7:
            return self.random.choice(key.choices)
        kinds = sorted(key.types - {"null", "any"}) or ["string"]
        kind = self.random.choice(kinds)
        if kind == "bool":
            return self.random.choice((True, False))
        if kind in ("int", "number"):
            least, most = key.bounds
            fitting = [n for n in NUMBERS if (least is None or n >= least) and (most is None or n <= most)]
            return self.random.choice(fitting)
        if kind == "list":
            return self._list(key)
        if kind == "map":
            return self.random.choice(({}, {"app": "x"})) if key.open else {}
        return self.random.choice(WORDS)

    def _list(self, key: Key) -> Any:
        if key.default not in (MISSING, None, []) and self.random.random() < 0.5:
            return key.default
        if self.random.random() < 0.3:
            return []
        return ["x"] if key.items == {"string"} else self.random.choice(([{"name": "x"}], ["x"]))
