"""Lints about port names, which every pod chooses, and about ICMP types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cdk_eks_cilium.policy.model import SECTIONS
from cdk_eks_cilium.policy_analysis.evaluation.port_names import PortNames
from cdk_eks_cilium.versions import behaviour

from .context import LintContext
from .definition import lint
from .finding import Hit, listed

_LAYER_4: Final = "https://docs.cilium.io/en/stable/security/policy/language/#layer-4-examples"


@lint(
    "CNP017",
    "Names of ports exist in pods",
    "warning",
    "A name stands for the port of a container with that name. Without such a port it stands for nothing.",
    _LAYER_4,
    by_objects=True,
)
def _names_of_ports(context: LintContext) -> Iterator[Hit]:
    index = context.index
    if index is None:
        return
    for view in context.items(*SECTIONS):
        receivers = (
            view.of.possible_pods if view.direction == "ingress" else context.pods_possibly_meant(view)
        )
        known = {(port.name.lower(), port.protocol) for pod in index.of(receivers) for port in pod.ports}
        for port_rule in view.port_rules if receivers else ():
            there = {name for name, _ in port_rule.names & known}
            missing = frozenset(one for one in port_rule.names if one[0] not in there)
            if missing:
                side = "selected pods" if view.direction == "ingress" else "peers"
                have = _ports_text(known) if known else "no named port"
                yield view.spot.at(f"toPorts[{port_rule.index}]").hit(
                    f"must name a port that the {side} have",
                    "correct the name or its protocol, or give the number",
                    got=f"{_ports_text(missing)} where they have {have}",
                )


def _ports_text(names: Iterable[tuple[str, str]]) -> str:
    protocols: dict[str, list[str]] = {}
    for name, protocol in sorted(names):
        protocols.setdefault(name, []).append(protocol)
    return listed([f"{name} ({', '.join(each)})" for name, each in protocols.items()])


@lint(
    "CNP039",
    "Names of ports in egress mean one number",
    "error",
    f"Before {behaviour.policy.PORT_NAMES_PER_POD.since} Cilium looks up names of ports in egress in "
    "the whole cluster. It ignores a name that pods give to several numbers, in denials, too, and "
    "only the agent's log tells.",
    "https://github.com/cilium/cilium/issues/30003",
)
def _one_number(context: LintContext) -> Iterator[Hit]:
    names = PortNames(context.around.inventory, context.version)
    for view in context.items("egress", "egress_deny", nodes=True):
        for name, numbers in names.ambiguous(view.item).items():
            given = [
                f"{protocol} {number} by {names.numbers[name, protocol][number]}"
                for protocol, number in numbers
            ]
            yield view.spot.at("toPorts").hit(
                "must name a port that has one number in the whole cluster before Cilium "
                f"{behaviour.policy.PORT_NAMES_PER_POD.since} (this is for {context.version}), "
                "or Cilium ignores the name",
                "give the number",
                got=f"{name} for {listed(given)}",
            )


@lint(
    "CNP043",
    "ICMP types are not 0",
    "warning",
    "Cilium keeps a type of ICMP as a port, and port 0 is every port. Type 0, the answer to a ping, "
    "opens, or denies, all of ICMP.",
    "https://github.com/cilium/cilium/issues/41304",
)
def _every_icmp_type(context: LintContext) -> Iterator[Hit]:
    for view in context.items(*SECTIONS, nodes=True):
        for index, rule in enumerate(view.item.icmps or ()):
            for number, field in enumerate(rule.fields or ()):
                if field.number == 0:
                    yield view.spot.at(f"icmps[{index}].fields[{number}].type").hit(
                        f"must not be type 0, which Cilium takes for every type of {field.family or 'IPv4'}",
                        "leave it out: answers to what pods ask for always pass",
                        got=repr(field.type),
                    )
