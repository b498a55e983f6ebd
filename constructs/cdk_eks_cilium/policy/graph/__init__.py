"""Who may talk to whom, with as few boxes and arrows as say it."""

from .graph import Arrow, Graph, Node, graph
from .outside import Outside, outsides
from .spoken_of import spoken_of

__all__ = ["Arrow", "Graph", "Node", "Outside", "graph", "outsides", "spoken_of"]
