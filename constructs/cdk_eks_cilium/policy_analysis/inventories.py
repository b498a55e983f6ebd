"""An inventory made of Kubernetes objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document, defined_again
from cdk_eks_cilium.problems import Problem, refuse

from .described import cidr_group_of, labels_of, name_of, node_of, workload_of
from .described_redirects import redirect_of
from .described_services import backends_of, service_of
from .grouping import Member, grouped
from .owners import Owners, has_ended, is_scaled_down, key_of, makes_pods
from .pod_makers import named_template
from .workloads import Inventory, Workload


@dataclass
class TakenInventory:
    """What was made of some objects.

    Attributes:
        inventory: What is known of the cluster.
        problems: What is wrong, each with its object, which is left out.
        ended: Pods that have ended, and what their owners have scaled down.
        repeated: Objects that came before with the same content.
        unclear: Objects that make pods whose template is elsewhere.
    """

    inventory: Inventory = field(default_factory=Inventory)
    problems: list[tuple[Document, Problem]] = field(default_factory=list)
    ended: list[Document] = field(default_factory=list)
    repeated: list[Document] = field(default_factory=list)
    unclear: list[Document] = field(default_factory=list)

    def make(self, document: Document, make: Callable[[Document], Any]) -> Any:
        """What *make* makes of an object; None, and a problem, if the object is invalid."""
        try:
            return make(document)
        except KeyError as error:
            rule = f"must be a complete {document.kind} ({error.args[0]} is missing)"
            self.problems.append((document, Problem(document.where, rule, id="CEK5086")))
        except (ValueError, TypeError, AttributeError) as error:
            rule = f"must be a valid {document.kind} ({error})"
            self.problems.append((document, Problem(document.where, rule, id="CEK5087")))
        return None


def inventory(documents: Iterable[Document], cluster_name: str = "default") -> Inventory:
    """Make an inventory from documents, and skip objects of other kinds.

    Raises:
        InputError: For every incomplete object, and for two that differ and have one name.
    """
    taken = take_inventory(documents, cluster_name)
    refuse(problem for _, problem in taken.problems)
    return taken.inventory


def take_inventory(documents: Iterable[Document], cluster_name: str = "default") -> TakenInventory:
    """Make an inventory from documents, skip objects of other kinds, and leave out invalid ones.

    Pods and ReplicaSets are one workload with the others of their owner, see `grouping`.
    """
    taken = TakenInventory()
    namespaces: dict[str, dict[str, str]] = {}
    made: dict[str, list[Any]] = {kind: [] for kind in _MAKERS}
    makers: list[Document] = []
    for document in documents:
        if document.kind == "Namespace":
            named = taken.make(document, lambda each: (name_of(each), labels_of(each.data)))
            namespaces.update([named] if named else [])
        elif document.kind in made:
            one = taken.make(document, _MAKERS[document.kind])
            made[document.kind] += one if isinstance(one, list) else [one] if one else []
        elif makes_pods(document):
            makers.append(document)
    taken.inventory = Inventory(
        tuple(_workloads(makers, taken)),
        namespaces,
        tuple(made["Service"]),
        tuple(made["CiliumCIDRGroup"]),
        cluster_name,
        (*made["EndpointSlice"], *made["Endpoints"]),
        tuple(made["Node"]),
        redirects=tuple(made["CiliumLocalRedirectPolicy"]),
    )
    return taken


_MAKERS: Final[Mapping[str, Callable[[Document], Any]]] = {
    "Service": service_of,
    "EndpointSlice": backends_of,
    "Endpoints": backends_of,
    "CiliumCIDRGroup": cidr_group_of,
    "Node": node_of,
    "CiliumLocalRedirectPolicy": redirect_of,
}


def _workloads(makers: Sequence[Document], taken: TakenInventory) -> list[Workload]:
    owners = Owners({key_of(each): each for each in makers if each.kind != "Pod"})
    members: list[Member] = []
    for document in makers:
        if has_ended(document) or is_scaled_down(document):
            taken.ended.append(document)
        elif owners.has_other_template(document):
            continue
        elif named_template(document) is not None:
            taken.unclear.append(document)
        elif (workload := taken.make(document, workload_of)) is not None:
            members.append(Member(document, workload))
    return list(_named(grouped(members, owners), taken).values())


def _named(found: Iterable[tuple[Workload, Document]], taken: TakenInventory) -> dict[str, Workload]:
    """The workloads by name; two kinds may have one name, and the second is then called ``kind/name``."""
    named: dict[str, Workload] = {}
    for workload, document in found:
        other = named.get(str(workload))
        if other is not None and other.kind != workload.kind:
            workload = replace(workload, name=f"{workload.kind.lower()}/{workload.name}")
            other = named.get(str(workload))
        if other is None:
            named[str(workload)] = workload
        elif other == workload and dict(other.labels) == dict(workload.labels):
            taken.repeated.append(document)
        else:
            fix = "give each pod and Deployment a name of its own"
            taken.problems.append((document, defined_again(document, fix)))
    return named
