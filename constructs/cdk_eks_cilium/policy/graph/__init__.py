"""Who may talk to whom, with as few boxes and arrows as say it."""

from .graph import graph
from .nodes import Arrow, Graph, Label, Node
from .outside import Outside, outsides
from .spoken_of import spoken_of

__all__ = ["Arrow", "Graph", "Label", "Node", "Outside", "graph", "outsides", "spoken_of"]
