"""Options of the agent and the operator that overrides could set past the chart, by the options' own names.

Both processes read the ConfigMap that ``extraConfig`` adds to. Each also reads its own ``extraArgs``, which
win over the ConfigMap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from cdk_eks_cilium.problems import Problem

#: The options behind the values in `owned`.
OWNED_AGENT_OPTIONS: Final = frozenset(
    {
        "agent-not-ready-taint-key",
        "auto-create-cilium-node-resource",
        "aws-enable-prefix-delegation",
        "aws-release-excess-ips",
        "cluster-id",
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
ARGUMENTS: Final = {("extraArgs",): "agent", ("operator", "extraArgs"): "operator"}


class Argument(NamedTuple):
    """An option among the arguments of a process.

    Attributes:
        place: Its index in the list.
        name: The option, without dashes.
        value: Its value, which may stand in the next word; ``true`` for an option alone.
        text: As it is written.
    """

    place: int
    name: str
    value: str
    text: str


def option_problems(overrides: Mapping[str, Any], where: str, *, devices: bool) -> Iterator[Problem]:
    """One problem for each option that the library answers for, with *devices* for ``devices`` too."""
    ours = OWNED_AGENT_OPTIONS | ({"devices"} if devices else set())
    extra = overrides.get("extraConfig")
    if isinstance(extra, Mapping):
        for option in sorted(ours & extra.keys()):
            yield _problem(f"{where}.extraConfig.{option}", "agent", extra[option])
    for path, process in ARGUMENTS.items():
        for each in arguments(overrides, path):
            if each.name in ours:
                yield _problem(f"{where}.{'.'.join(path)}[{each.place}]", process, each.text)


def arguments(overrides: Mapping[str, Any], path: Sequence[str]) -> Iterator[Argument]:
    """The options in the list of arguments at *path*."""
    given: Any = overrides
    for key in path:
        given = given.get(key) if isinstance(given, Mapping) else None
    words = [str(each) for each in given] if isinstance(given, list | tuple) else []
    for index, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        following = words[index + 1 : index + 2]
        apart = not equals and bool(following) and not following[0].startswith("--")
        text = f"{word} {following[0]}" if apart else word
        yield Argument(index, name.strip(), following[0] if apart else value if equals else "true", text)


def _problem(where: str, process: str, got: Any) -> Problem:
    return Problem(
        where,
        f"must not be set: the library answers for this option of the {process}",
        got,
        "use the typed value, or remove it",
        id="CEK2020",
    )
