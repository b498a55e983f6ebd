"""What is wrong with an input: one grammar, one error. Plain Python."""

from .problem import MISSING, InputError, Problem, refuse

__all__ = ["MISSING", "InputError", "Problem", "refuse"]
