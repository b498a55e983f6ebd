"""Who may talk to whom, with as few boxes and arrows as possible."""

from .by_namespace import by_namespace
from .graph import graph
from .mentioned_peers import mentioned_peers
from .nodes import Arrow, Graph, GraphNode, Label, Turn
from .outside import Outside, outsides

__all__ = [
    "Arrow",
    "Graph",
    "GraphNode",
    "Label",
    "Outside",
    "Turn",
    "by_namespace",
    "graph",
    "mentioned_peers",
    "outsides",
]
