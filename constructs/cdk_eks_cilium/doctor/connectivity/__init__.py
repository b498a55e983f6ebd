"""Cilium's own connectivity test: the call that a cluster needs, and what its outcome means."""

from __future__ import annotations

from .call import READS as READS
from .call import Topology as Topology
from .call import arguments as arguments
from .call import topology as topology
from .known import explanation as explanation
from .known import explanation_of_output as explanation_of_output
from .outcome import Outcome as Outcome
from .outcome import TestResult as TestResult
from .outcome import outcome_of as outcome_of
from .releases import CliRelease as CliRelease
from .releases import download as download
from .releases import release_for as release_for
