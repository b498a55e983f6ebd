"""Expectations of policies: what must and must not be possible, in words that reviewers read."""

from .checking import ExpectationOutcome, FlowOutcome, check_expectations
from .model import Expectation, ExpectationFile, PeerPattern, TargetPattern, json_schema
from .reading import WrittenExpectations, read_expectations

__all__ = [
    "Expectation",
    "ExpectationFile",
    "ExpectationOutcome",
    "FlowOutcome",
    "PeerPattern",
    "TargetPattern",
    "WrittenExpectations",
    "check_expectations",
    "json_schema",
    "read_expectations",
]
