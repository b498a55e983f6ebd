"""The picture of who may talk to whom."""

from .drawing import draw

__all__ = ["draw"]
