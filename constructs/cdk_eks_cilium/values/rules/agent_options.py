"""Options of the agent and the operator that overrides could set past the chart, by the options' own names.

Both processes read the ConfigMap that ``extraConfig`` adds to. Each also reads its own ``extraArgs``, which
win over the ConfigMap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import Problem

#: The options behind the values in `owned`.
OWNED_AGENT_OPTIONS: Final = frozenset(
    {
        "agent-not-ready-taint-key",
        "auto-create-cilium-node-resource",
        "aws-enable-prefix-delegation",
        "aws-release-excess-ips",
        "cluster-name",
        "cni-chaining-mode",
        "custom-cni-conf",
        "egress-masquerade-interfaces",
        "enable-bpf-masquerade",
        "enable-endpoint-routes",
        "enable-ipv4",
        "enable-ipv4-masquerade",
        "eni-disable-prefix-delegation",
        "eni-first-interface-index",
        "eni-subnet-ids",
        "eni-subnet-tags",
        "eni-tags",
        "ipam",
        "k8s-require-ipv4-pod-cidr",
        "k8s-require-ipv6-pod-cidr",
        "kube-proxy-replacement",
        "read-cni-conf",
        "remove-cilium-node-taints",
        "routing-mode",
        "subnet-ids-filter",
        "subnet-tags-filter",
        "tunnel",
        "update-ec2-adapter-limit-via-api",
    }
)

#: Where arguments stand, and which process reads them.
_ARGUMENTS: Final = {("extraArgs",): "agent", ("operator", "extraArgs"): "operator"}


def option_problems(overrides: Mapping[str, Any], where: str, *, devices: bool) -> Iterator[Problem]:
    """One problem for each option that the library answers for, with *devices* for ``devices`` too."""
    ours = OWNED_AGENT_OPTIONS | ({"devices"} if devices else set())
    extra = overrides.get("extraConfig")
    if isinstance(extra, Mapping):
        for option in sorted(ours & extra.keys()):
            yield _problem(f"{where}.extraConfig.{option}", "agent", extra[option])
    for path, process in _ARGUMENTS.items():
        arguments: Any = overrides
        for key in path:
            arguments = arguments.get(key) if isinstance(arguments, Mapping) else None
        for index, option, argument in _options(arguments):
            if option in ours:
                yield _problem(f"{where}.{'.'.join(path)}[{index}]", process, argument)


def _options(arguments: Any) -> Iterator[tuple[int, str, str]]:
    """Each option among *arguments*: its place, its name, and its text, with a value in the next word."""
    words = [str(each) for each in arguments] if isinstance(arguments, list | tuple) else []
    for index, word in enumerate(words):
        if not word.startswith("--"):
            continue
        apart = "=" not in word and index + 1 < len(words) and not words[index + 1].startswith("--")
        name = word.removeprefix("--").partition("=")[0].strip()
        yield index, name, f"{word} {words[index + 1]}" if apart else word


def _problem(where: str, process: str, got: Any) -> Problem:
    return Problem(
        where,
        f"must not be set: the library answers for this option of the {process}",
        got,
        "use the typed value, or remove it",
        id="CEK2020",
    )
