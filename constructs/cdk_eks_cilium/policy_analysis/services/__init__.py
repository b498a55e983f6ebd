"""Services as destinations: which pods are behind one, on which port, and whom these pods see as the client.

Policies know pods and their ports. They never see a Service: Cilium judges a packet after the Service's
address and port have become a pod's (https://github.com/cilium/cilium/issues/48141).
"""

from .backends import Backend, endpoint_at, find_backends, foreign_pod, service_port
from .clients import SeenAs, ServiceProxy, Way, seen_as
from .explanation import MakeFlow, ServiceCase, ServiceExplanation, explain_service
from .reach import ServiceReach, reach_services
from .remarks import with_remarks

__all__ = [
    "Backend",
    "MakeFlow",
    "SeenAs",
    "ServiceCase",
    "ServiceExplanation",
    "ServiceProxy",
    "ServiceReach",
    "Way",
    "endpoint_at",
    "explain_service",
    "find_backends",
    "foreign_pod",
    "reach_services",
    "seen_as",
    "service_port",
    "with_remarks",
]
