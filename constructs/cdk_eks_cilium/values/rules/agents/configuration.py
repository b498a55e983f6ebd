"""What an agent would be configured with: the chart's values, and the options that go past the chart.

The chart writes each value into the ConfigMap under the name of an option. ``extraConfig`` stands behind
these lines and wins, and so do the arguments in ``extraArgs`` over all of the ConfigMap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rules.agent_options import arguments
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .options import OPERATOR_OPTIONS, OPTIONS

_VALUE_OF: Final = {
    option: path for path, options in {**OPTIONS, **OPERATOR_OPTIONS}.items() for option in options
}
#: Values that a typed field and overrides fill together.
_TYPED: Final = {"eni.eniTags": "eni.tags", "encryption.enabled": "encryption"}
# As Go reads a switch: https://pkg.go.dev/strconv#ParseBool
_SWITCHES: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


class Configuration:
    """What the agents of an installation get.

    Attributes:
        version: Their release.
        values: The typed values and the overrides behind it.
    """

    def __init__(
        self, values: CiliumValues, version: CiliumVersion, effective: EffectiveValues | None = None
    ) -> None:
        """Say what agents of *version* get; *effective* is what *values* install, where it is at hand."""
        self.version = version
        self.values = values
        self._effective = effective or EffectiveValues.of(values, version)
        self._options = {path: (value, where) for path, value, where in _given(values.overrides)}

    def get(self, path: str) -> Any:
        """The value at *path*, or of its option; `MISSING` where the agent has its own default."""
        if path in self._options:
            return self._options[path][0]
        value = self._effective.get(path)
        return _switch(value)

    def on(self, path: str) -> bool:
        """Whether the value at *path* turns something on."""
        value = self.get(path)
        return value is not MISSING and bool(value)

    def off(self, path: str) -> bool:
        """Whether the value at *path* is there and turns something off."""
        return self.get(path) is False

    def text(self, path: str) -> str:
        """The value at *path* as text; empty if it is missing."""
        value = self.get(path)
        return "" if value is MISSING or value is None else str(value)

    def words(self, path: str) -> list[str]:
        """The entries of the list at *path*, which an option has in one text; empty if it is missing."""
        value = self.get(path)
        if isinstance(value, list | tuple):
            return [str(each) for each in value]
        # A text of 0 or 1 was read as a switch.
        text = str(int(value)) if isinstance(value, bool) else self.text(path)
        return re.split(r"[\s,]+", text.strip()) if text.strip() else []

    def number(self, path: str) -> float | None:
        """The number at *path*; None for anything else."""
        value = self.get(path)
        if isinstance(value, bool):
            return float(value)
        try:
            return float(self.text(path))
        except ValueError:
            return None

    def option(self, name: str) -> Any:
        """The value of an option of the agent, by its own name; None where the agent has its own default."""
        decided = {
            "enable-ipsec": self.ipsec,
            "enable-wireguard": self.wireguard,
            # Older charts have another name for it.
            "enable-local-redirect-policy": self.on("localRedirectPolicies.enabled")
            or self.on("localRedirectPolicy"),
            "kube-proxy-replacement": self._effective.get("kubeProxyReplacement"),
        }
        value = decided[name] if name in decided else self.get(_VALUE_OF[name])
        return None if value is MISSING else value

    def by_option(self, path: str) -> bool:
        """Whether the value comes from an option that goes past the chart."""
        return path in self._options

    def place(self, path: str) -> str:
        """Where a person set the value at *path*: below the values, without their own place."""
        if path in self._options:
            return f"overrides.{self._options[path][1]}"
        return _TYPED[path] if path in _TYPED and not self.has_override(path) else f"overrides.{path}"

    def has_override(self, path: str) -> bool:
        """Whether overrides or options set the value at *path*."""
        given: Any = self.values.overrides
        for name in path.split("."):
            given = given.get(name, MISSING) if isinstance(given, Mapping) else MISSING
        return given is not MISSING or path in self._options

    @property
    def replaces_kube_proxy(self) -> bool:
        """Whether agents do what kube-proxy does; charts up to 1.13 call it ``strict``."""
        return self._effective.get("kubeProxyReplacement") in (True, "true", "strict")

    @property
    def node_ports(self) -> bool:
        """Whether agents serve node ports by eBPF, with the whole replacement or apart from it."""
        return self.replaces_kube_proxy or self.on("nodePort.enabled")

    @property
    def masquerades(self) -> bool:
        """Whether anything translates the addresses of pods."""
        return self.on("enableIPv4Masquerade") or (
            self.on("ipv6.enabled") and self.on("enableIPv6Masquerade")
        )

    @property
    def ebpf_masquerading(self) -> bool:
        """Whether eBPF translates the addresses of pods."""
        return self.masquerades and self.on("bpf.masquerade")

    @property
    def ebpf_host_routing(self) -> bool:
        """Whether packets of pods skip the node's own network stack.

        pkg/kpr/initializer/kube_proxy_replacement.go, daemon/cmd/kube_proxy_replacement.go before 1.19.
        """
        by_netfilter = self.masquerades and not self.on("bpf.masquerade")
        return self.replaces_kube_proxy and not by_netfilter and not self.on("bpf.hostLegacyRouting")

    @property
    def endpoint_slices(self) -> bool:
        """Whether agents share CiliumEndpoints in slices; older charts have another name for it."""
        return self.on("ciliumEndpointSlice.enabled") or self.on("enableCiliumEndpointSlice")

    @property
    def uses_etcd(self) -> bool:
        """Whether agents and the operator connect to an etcd."""
        return self.on("etcd.enabled") or bool(self.text("kvstore"))

    @property
    def keeps_identities_in_resources(self) -> bool:
        """Whether identities are custom resources, as they are without an etcd in any case."""
        return not self.uses_etcd or self.text("identityAllocationMode") != "kvstore"

    @property
    def ipsec(self) -> bool:
        """Whether IPsec encrypts."""
        by_chart = self.on("encryption.enabled") and self.text("encryption.type") == "ipsec"
        return self.on("enable-ipsec") if self.by_option("enable-ipsec") else by_chart

    @property
    def wireguard(self) -> bool:
        """Whether WireGuard encrypts."""
        by_chart = self.on("encryption.enabled") and self.text("encryption.type") == "wireguard"
        return self.on("enable-wireguard") if self.by_option("enable-wireguard") else by_chart


def _given(overrides: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Each option past the chart: its value's path, its value, and where it stands; the last one wins."""
    extra = overrides.get("extraConfig")
    for option, value in extra.items() if isinstance(extra, Mapping) else ():
        if option in _VALUE_OF:
            yield _VALUE_OF[option], _switch(value), f"extraConfig.{option}"
    for path, options in ((["extraArgs"], OPTIONS), (["operator", "extraArgs"], OPERATOR_OPTIONS)):
        for each in arguments(overrides, path):
            if _VALUE_OF.get(each.name) in options:
                yield _VALUE_OF[each.name], _switch(each.value), f"{'.'.join(path)}[{each.place}]"


def _switch(value: Any) -> Any:
    return _SWITCHES.get(value, value) if isinstance(value, str) else value
