"""What is wrong with an input: one grammar and one error. Plain Python.

`model` has the base class of all typed data, `wording` words its errors, `strict_yaml` reads files, and
`looked_up` knows the values that nobody can judge yet.
"""

from .nearest import did_you_mean, nearest
from .problem import MISSING, CallError, InputError, Problem, refusal, refuse

__all__ = ["MISSING", "CallError", "InputError", "Problem", "did_you_mean", "nearest", "refusal", "refuse"]
