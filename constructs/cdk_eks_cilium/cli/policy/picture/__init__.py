"""The picture of who may talk to whom."""

from .drawing import draw
from .pages import on_a_page

__all__ = ["draw", "on_a_page"]
