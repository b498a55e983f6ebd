"""The least policies that allow what was seen, proven by a replay of the same flows."""

from .draft import SuggestedPolicy
from .proof import Proof
from .suggestion import Suggestion, suggest

__all__ = ["Proof", "SuggestedPolicy", "Suggestion", "suggest"]
