"""The typed values, a section a file."""

from __future__ import annotations

from .addresses import Eni, Ipam
from .cilium_values import CiliumValues, Profile
from .datapath import BandwidthManager, Egress, IngressController
from .encryption import Encryption
from .hubble import CERTIFICATE_DAYS, FlowExport, Hubble, HubbleTls, Issuer
from .pods import Agent, Envoy, Operator, Prometheus, Resources, Toleration

__all__ = [
    "CERTIFICATE_DAYS",
    "Agent",
    "BandwidthManager",
    "CiliumValues",
    "Egress",
    "Encryption",
    "Eni",
    "Envoy",
    "FlowExport",
    "Hubble",
    "HubbleTls",
    "IngressController",
    "Ipam",
    "Issuer",
    "Operator",
    "Profile",
    "Prometheus",
    "Resources",
    "Toleration",
]
