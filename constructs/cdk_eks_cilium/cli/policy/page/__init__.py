"""The page of who may talk to whom: one HTML file that works without a network."""

from .document import document
from .facts import page_facts

__all__ = ["document", "page_facts"]
