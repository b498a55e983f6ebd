"""The order of a template: which resource needs which other resource first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from cdk_eks_cilium.checks.template_graph import dependency_graph, needs
from rehearsal.cloudformation.intrinsics import TemplateError


def creation_graph(template: Mapping[str, Any], absent: frozenset[str] = frozenset()) -> nx.DiGraph[str]:
    """Edges run from a resource to its dependents: a topological order is a creation order.

    Args:
        template: A CloudFormation template.
        absent: Resources whose condition is false; they and the DependsOn that name them are left out.

    Raises:
        TemplateError: A reference to something the template does not define, or a cycle, which is named.
    """
    resources: Mapping[str, Any] = template.get("Resources", {})
    known = {*resources, *template.get("Parameters", {}), *absent}
    for name, definition in resources.items():
        for needed in needs(definition) - known if name not in absent else ():
            # belief: CFN-template-references
            if not needed.startswith("AWS::"):
                raise TemplateError(f"{name} refers to {needed}, which the template does not define")
    graph: nx.DiGraph[str] = nx.DiGraph(dependency_graph(template))
    graph.remove_nodes_from(absent)
    _refuse_cycle(graph)
    return turned(graph)


def turned(graph: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """The graph with each edge the other way; `DiGraph.reverse` would copy the resources, too."""
    other: nx.DiGraph[str] = nx.DiGraph()
    other.add_nodes_from(graph)
    other.add_edges_from((end, start) for start, end in graph.edges)
    return other


# belief: CFN-template-references
def _refuse_cycle(graph: nx.DiGraph[str]) -> None:
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return
    names = [edge[0] for edge in cycle] + [cycle[0][0]]
    raise TemplateError(f"circular dependency between resources: {' -> '.join(names)}")
