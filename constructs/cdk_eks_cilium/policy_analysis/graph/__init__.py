"""Who may talk to whom, with as few boxes and arrows as say it."""

from .graph import graph
from .mentioned_peers import mentioned_peers
from .nodes import Arrow, Graph, Label, Node
from .outside import Outside, outsides

__all__ = ["Arrow", "Graph", "Label", "Node", "Outside", "graph", "mentioned_peers", "outsides"]
