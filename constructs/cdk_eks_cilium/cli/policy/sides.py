"""The sides of a flow as a person writes them: ``shop/web``, ``fqdn:example.org:443``."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final, get_args

from cdk_eks_cilium.policy.model import Entity
from cdk_eks_cilium.policy_analysis.evaluation import PROTOCOLS, Endpoint
from cdk_eks_cilium.policy_analysis.services import endpoint_at, foreign_pod, service_port
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload
from cdk_eks_cilium.problems import InputError, Problem, did_you_mean

SOURCE: Final = "NAMESPACE/POD, cidr:ADDRESS, entity:NAME or mesh:CLUSTER/NAMESPACE/POD"
DESTINATION: Final = (
    "NAMESPACE/POD:PORT[/PROTOCOL], svc/NAMESPACE/NAME:PORT, fqdn:NAME:PORT, cidr:ADDRESS:PORT, "
    "entity:NAME:PORT or mesh:CLUSTER/NAMESPACE/POD:PORT; PORT may be the name of a pod's or a Service's "
    "port, and TYPE/ICMP an ICMP type"
)

SERVICE: Final = "svc/"
"""How a Service begins as a side."""

_PLACE: Final = re.compile(r"(?P<side>.+):(?P<port>[A-Za-z0-9-]+)(/(?P<protocol>[A-Za-z0-9]+))?")

_NAME: Final = re.compile(r"(?=.{1,255}\Z)[-a-zA-Z0-9_]+([.][-a-zA-Z0-9_]+)*[.]?")


@dataclass(frozen=True)
class Destination:
    """Where a flow goes."""

    endpoint: Endpoint
    port: int
    protocol: str


@dataclass(frozen=True)
class ServiceDestination:
    """A Service that a connection goes to, and its port."""

    service: KubernetesService
    port: ServicePort


def add_scope(parser: argparse.ArgumentParser, namespace: str, *, more: str = "") -> None:
    """Add the options for what to show.

    Args:
        parser: The parser.
        namespace: The help text of ``--namespace``.
        more: Further sides that ``--also`` takes, for its help.
    """
    parser.add_argument("--namespace", action="append", default=[], metavar="NAME", help=namespace)
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="SIDE",
        help="a side beyond the workloads: fqdn:NAME, cidr:ADDRESS or entity:NAME, such as entity:world"
        f"{more}",
    )


def also(options: argparse.Namespace, inventory: Inventory) -> list[Endpoint]:
    """The sides that the option names.

    Raises:
        InputError: If a side is invalid.
    """
    return [source(text, inventory, "--also") for text in options.also if not text.startswith(SERVICE)]


def also_services(options: argparse.Namespace, inventory: Inventory) -> list[KubernetesService]:
    """The Services that ``--also`` names.

    Raises:
        InputError: If a Service is unknown.
    """
    return [service(text, inventory, "--also") for text in options.also if text.startswith(SERVICE)]


def source(text: str, inventory: Inventory, option: str = "--from", port: str = "") -> Endpoint:
    """Read a side without its port, as in `SOURCE`.

    Args:
        text: The side.
        inventory: The known pods.
        option: The place that errors name.
        port: What stands after the side, for errors: ``:443``.

    Raises:
        InputError: If the side is invalid.
    """
    kind, colon, name = text.partition(":")
    try:
        if colon and kind == "fqdn":
            return Endpoint.fqdn(_name(name, option))
        if colon and kind == "cidr":
            return endpoint_at(name.strip("[]"), inventory)
        if colon and kind == "entity":
            return Endpoint.entity(name)
        if colon and kind == "mesh":
            return _foreign(name, text, inventory, option)
    except InputError as error:
        raise InputError(replace(each, where=option, got=text) for each in error.problems) from None
    return Endpoint.pod(_workload(text, inventory, option, port))


def _name(text: str, option: str) -> str:
    """A DNS name, as packets have it."""
    if _NAME.fullmatch(text) is not None:
        return text
    if "*" in text:
        fix = f"name one that the pattern means, such as fqdn:{re.sub(r'[*]+', 'any', text)}"
    else:
        fix = "write 'example.com'" if text.isascii() else "write its form in ASCII, such as xn--bcher-kva.de"
    raise InputError([Problem(option, "must be a DNS name", text, fix, id="CEK7028")])


def destination(text: str, inventory: Inventory, option: str = "--to") -> Destination | ServiceDestination:
    """Read a side with a port, as in `DESTINATION`; *option* is the place that errors name.

    Raises:
        InputError: If the side is invalid.
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        raise InputError(
            [Problem(option, f"must be {DESTINATION}", text, "add the port: ':443'", id="CEK7018")]
        )
    protocol = _protocol(match["protocol"], text, option)
    if match["side"].startswith(SERVICE):
        found = service(match["side"], inventory, option)
        return ServiceDestination(found, service_port(found, match["port"], protocol, option))
    side = match["side"]
    endpoint = source(side, inventory, option, text.removeprefix(side))
    return Destination(endpoint, *_port(match["port"], protocol, endpoint, option))


def service(text: str, inventory: Inventory, option: str) -> KubernetesService:
    """The Service that ``svc/NAMESPACE/NAME`` names.

    Raises:
        InputError: If it is unknown; *option* is the place that the error names.
    """
    name = text.removeprefix(SERVICE)
    if found := inventory.service(name):
        return found
    names = [str(each) for each in inventory.services]
    fix = did_you_mean(name, names) or (
        f"use one of {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
        if names
        else "also name the files with the Services"
    )
    rule = "must be a Service in the files, svc/NAMESPACE/NAME"
    raise InputError([Problem(option, rule, text, fix, id="CEK7026")])


def _foreign(name: str, text: str, inventory: Inventory, option: str) -> Endpoint:
    """The pod of another cluster that ``CLUSTER/NAMESPACE/POD`` names."""
    cluster, _, pod = name.partition("/")
    there = next((one for one in inventory.mesh if one.cluster_name == cluster), None)
    if there is None:
        names = [one.cluster_name for one in inventory.mesh]
        fix = did_you_mean(cluster, names) or f"name its files: --mesh {cluster or 'CLUSTER'}=FILE"
        raise InputError([Problem(option, "must be of a cluster in --mesh", text, fix, id="CEK7180")])
    workload = _workload(pod, there, option, "")
    return foreign_pod(workload, there)


def _protocol(given: str | None, text: str, option: str) -> str | None:
    if given is None:
        return None
    known = {name.upper(): name for name in PROTOCOLS}
    if given.upper() not in known:
        rule, fix = "must name a protocol after the port", f"use {', '.join(PROTOCOLS)}"
        raise InputError([Problem(option, rule, text, fix, id="CEK7019")])
    return known[given.upper()]


def _port(text: str, protocol: str | None, endpoint: Endpoint, option: str) -> tuple[int, str]:
    if text.isdecimal():
        # Type 0 of ICMP answers a ping; no connection has port 0.
        least, most = (0, 255) if (protocol or "").startswith("ICMP") else (1, 65535)
        if not least <= int(text) <= most:
            rule = f"must have a port from {least} to {most}"
            raise InputError([Problem(option, rule, int(text), id="CEK7020")])
        return int(text), protocol or "TCP"
    ports = endpoint.workload.ports if endpoint.workload else ()
    for port in ports:
        if port.name == text and protocol in (None, port.protocol):
            return port.number, port.protocol
    names = ", ".join(port.name for port in ports)
    fix = f"its ports with names are {names}" if names else "give the number"
    raise InputError([Problem(option, f"must be a port of {endpoint}", text, fix, id="CEK7021")])


def _workload(text: str, inventory: Inventory, option: str, port: str) -> Workload:
    found = inventory.find(text)
    if found is not None:
        return found
    names = [str(workload) for workload in inventory.workloads]
    # Arguments without an option are workloads.
    if option.startswith("--") and (kind := _other_kind(text)):
        # Cilium knows who begins a connection by the address alone.
        is_name_of_source = kind == "fqdn:" and option == "--from"
        fix = "write cidr:ADDRESS" if is_name_of_source else f"write {kind}{text}{port}"
    elif near := did_you_mean(text, names):
        fix = near
    elif names:
        fix = f"use one of {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
    else:
        fix = "also name files with the pods, or with what makes them"
    raise InputError(
        [Problem(option, "must be a pod or workload in the files, NAMESPACE/NAME", text, fix, id="CEK7022")]
    )


def _other_kind(text: str) -> str:
    """The beginning that an address, an entity or a name lacks; empty for other texts."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        pass
    else:
        return "cidr:"
    if text in get_args(Entity):
        return "entity:"
    # Without a slash it names no workload.
    return "fqdn:" if "." in text.rstrip(".") and _NAME.fullmatch(text) else ""
