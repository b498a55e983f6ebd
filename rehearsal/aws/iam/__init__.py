"""IAM: who makes a call, what the call needs, and what the policies of the caller's role say to it."""

from rehearsal.aws.iam.access import Access, Caller, Denial
from rehearsal.aws.iam.evaluator import Request
from rehearsal.aws.iam.operations import Operation

__all__ = ["Access", "Caller", "Denial", "Operation", "Request"]
