"""Rehearses a deployment on this machine: plays a cloud assembly with CloudFormation's semantics.

`rehearse(assembly)` (or `python -m rehearsal DIR`) creates every stack of the assembly, checks the result and
destroys it again. AWS state lives in moto, the Kubernetes API is embedded, and custom resources run their
real code as processes. It shows order, rollback and clean-up, and judges calls by IAM policies; it does not
evaluate network reachability or the boot of a node.
"""

from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport

__all__ = ["Options", "RehearsalReport", "rehearse"]
