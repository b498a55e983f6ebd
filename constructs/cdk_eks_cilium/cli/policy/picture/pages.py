"""Whether a picture fits on a page, and what is drawn where it does not."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.policy_analysis.graph import Graph, by_namespace

from .layout import Layout

PAGE: Final = (2800, 1980)
"""Pixels of a page, its longer side first: A3, on which the smallest letters have 4.5 points."""


def on_a_page(graph: Graph) -> Graph:
    """The graph itself if its picture fits on a page, upright or not, else the graph by namespaces.

    Where that has as many boxes, it stays as it is.
    """
    layout = Layout(graph, 0)
    longer, shorter = max(layout.right, layout.bottom), min(layout.right, layout.bottom)
    if longer <= PAGE[0] and shorter <= PAGE[1]:
        return graph
    merged = by_namespace(graph)
    return merged if len(merged.nodes) < len(graph.nodes) else graph
