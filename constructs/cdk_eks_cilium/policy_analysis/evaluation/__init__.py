"""What policies mean: whether a flow may pass, and who may reach whom."""

from .compiled import Direction, Place
from .evaluation import Enforcement, Evaluation
from .explanation import Explanation, Ruling, Verdict
from .flow import PROTOCOLS, Endpoint, Flow, HttpRequest
from .judge import FlowJudge, Judgement
from .matrix import Matrix, ReachGroup
from .reach import Passage, Reach
from .spans import PortSet

__all__ = [
    "PROTOCOLS",
    "Direction",
    "Endpoint",
    "Enforcement",
    "Evaluation",
    "Explanation",
    "Flow",
    "FlowJudge",
    "HttpRequest",
    "Judgement",
    "Matrix",
    "Passage",
    "Place",
    "PortSet",
    "Reach",
    "ReachGroup",
    "Ruling",
    "Verdict",
]
