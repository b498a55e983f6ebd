"""The addresses of Services and their ports of nodes: taken from a range, and never twice.

https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/service/storage/alloc.go. A real server
takes free ones by chance; here they come one after the other, so that two runs are the same.
"""

# belief: K8S-service-allocation

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.store import Store
from rehearsal.kubernetes.validation import FieldError, refusal
from rehearsal.kubernetes.validation.addresses import ip
from rehearsal.kubernetes.validation.fields import invalid
from rehearsal.kubernetes.validation.values import entries, mapping, number, strings, text

NODE_PORTS: Final = range(30000, 32768)
"""The ports of nodes that Services may take, as the API server has them by default."""

_WITH_NODE_PORTS: Final = ("NodePort", "LoadBalancer")
_TAKEN: Final = "provided port is already allocated"
_OUTSIDE: Final = (
    "provided port is not in the valid range. The range of valid ports is "
    f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"
)


class Allocation:
    """Gives Services what they ask for, or what is free."""

    def __init__(self, store: Store, services: IPv4Network) -> None:
        self._store, self._services = store, services
        self._next_address, self._next_port = 10, NODE_PORTS.start

    def assign(self, body: Object, old: Object | None) -> None:
        """Complete a Service, in place, with its address and its ports of nodes.

        Raises:
            ApiError: 422, another Service has them, or they are outside of the range.
        """
        spec, before = mapping(body, "spec"), mapping(old or {}, "spec")
        if before:
            _drop(spec, before)
            _keep(spec, before)
        if text(spec, "type") != "ExternalName":
            self._address(body, spec, before)
        if text(spec, "type") in _WITH_NODE_PORTS:
            self._ports(body, spec, before)

    def _others(self, body: Object) -> Iterator[Object]:
        """The specifications of the other Services."""
        mine = mapping(body, "metadata")
        for service in self._store.find("", "services"):
            metadata = service["metadata"]
            if (metadata.get("namespace"), metadata["name"]) != (mine.get("namespace"), mine.get("name")):
                yield mapping(service, "spec")

    def _address(self, body: Object, spec: Object, before: Object) -> None:
        first, every = text(spec, "clusterIP"), strings(spec, "clusterIPs")
        if not first and every:
            # The server takes the list alone for a change, and refuses it in a new object.
            return
        taken = {address for other in self._others(body) for address in strings(other, "clusterIPs")}
        if not first:
            first = self._free_address(taken)
        elif first not in ("None", *strings(before, "clusterIPs")) and every in ([], [first]):
            self._check_address(body, first, taken)
        spec["clusterIP"] = first
        if not every:
            spec["clusterIPs"] = [first]

    def _free_address(self, taken: set[str]) -> str:
        while True:
            self._next_address += 1
            address = str(self._services[self._next_address])
            if address not in taken:
                return address

    # belief: K8S-service-allocation
    def _check_address(self, body: Object, address: str, taken: set[str]) -> None:
        parsed = ip(address)
        problem = ""
        if isinstance(parsed, IPv4Address) and parsed not in self._services:
            problem = "the provided network does not match the current range"
        elif address in taken:
            problem = "provided IP is already allocated"
        if problem:
            words = f"failed to allocate IP {address}: {problem}"
            raise _refused(body, invalid("spec.clusterIPs", [address], words))

    # belief: K8S-service-allocation
    def _ports(self, body: Object, spec: Object, before: Object) -> None:
        taken = {key for other in self._others(body) for key in _node_ports(other)}
        mine = set(_node_ports(before))
        wants_all = spec.get("allocateLoadBalancerNodePorts") is not False
        by_port: dict[int, int] = {}
        for index, port in enumerate(entries(spec, "ports")):
            served, node_port = number(port, "port") or 0, number(port, "nodePort") or 0
            if not node_port and not wants_all:
                continue
            if node_port and (by_port.get(served) != node_port) and node_port not in mine:
                problem = _OUTSIDE if node_port not in NODE_PORTS else _TAKEN if node_port in taken else ""
                if problem:
                    raise _refused(body, invalid(f"spec.ports[{index}].nodePort", node_port, problem))
            port["nodePort"] = node_port or by_port.get(served) or self._free_port(taken | mine)
            taken.add(port["nodePort"])
            by_port.setdefault(served, port["nodePort"])
        local = text(spec, "externalTrafficPolicy") == "Local"
        if text(spec, "type") == "LoadBalancer" and local and not number(spec, "healthCheckNodePort"):
            spec["healthCheckNodePort"] = self._free_port(taken | mine)

    def _free_port(self, taken: set[int]) -> int:
        while self._next_port in taken:
            self._next_port += 1
        self._next_port += 1
        return self._next_port - 1


# belief: K8S-service-allocation
def _refused(body: Object, error: FieldError) -> Exception:
    return refusal("Service", "", text(mapping(body, "metadata"), "name"), [error])


def _node_ports(spec: Object) -> Iterator[int]:
    for port in entries(spec, "ports"):
        if node_port := number(port, "nodePort"):
            yield node_port
    if check := number(spec, "healthCheckNodePort"):
        yield check


def _drop(spec: Object, before: Object) -> None:
    """Take out what the new type does not have, where the client sent it back unchanged."""
    kind, kind_before = text(spec, "type"), text(before, "type")
    if kind == "ExternalName" and kind_before != kind:
        for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if field in spec and spec[field] == before.get(field):
                del spec[field]
    if kind_before in _WITH_NODE_PORTS and kind not in _WITH_NODE_PORTS:
        known = set(_node_ports(before))
        for port in entries(spec, "ports"):
            if port.get("nodePort") in known:
                del port["nodePort"]
        for field in ("externalTrafficPolicy", "healthCheckNodePort"):
            if field in spec and spec[field] == before.get(field):
                del spec[field]
    if kind_before == "LoadBalancer" != kind:
        for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if field in spec and spec[field] == before.get(field):
                del spec[field]


def _keep(spec: Object, before: Object) -> None:
    """Fill in what the Service has already, and the client did not send back."""
    if "ExternalName" not in (text(spec, "type"), text(before, "type")):
        if not text(spec, "clusterIP") and not strings(spec, "clusterIPs"):
            spec["clusterIP"], spec["clusterIPs"] = before.get("clusterIP"), before.get("clusterIPs")
        elif text(spec, "clusterIP") == text(before, "clusterIP") and not strings(spec, "clusterIPs"):
            spec["clusterIPs"] = before.get("clusterIPs")
    if text(spec, "type") in _WITH_NODE_PORTS and text(before, "type") in _WITH_NODE_PORTS:
        known = {
            (text(port, "protocol", "TCP"), number(port, "port")): number(port, "nodePort")
            for port in entries(before, "ports")
        }
        for port in entries(spec, "ports"):
            found = known.get((text(port, "protocol", "TCP"), number(port, "port")))
            if found and not number(port, "nodePort"):
                port["nodePort"] = found
