"""The typed form of `settings.yaml`: one environment, checked as a whole.

`load` reads a file, `parse` plain data, `check` settings made in code. Each says everything at once that is
wrong with single settings, and then everything that settings do not agree on. `warnings` and `placeholders`
say what is allowed and still worth a word.
"""

from __future__ import annotations

from .address_plan import AddressPlan, Way, additional_instance_types, address_plan
from .advice import placeholders, warnings
from .cilium import Cilium
from .conversion import (
    cilium_values,
    cilium_version,
    egress_interface,
    operator_replicas,
    primary_interface,
    tenants_policies,
)
from .loader import load, parse
from .model import AccessGrant, EndpointAccess, NodeGroup, Settings
from .network import Network
from .rules import check
from .schema import json_schema
from .tenants import Tenant

__all__ = [
    "AccessGrant",
    "AddressPlan",
    "Cilium",
    "EndpointAccess",
    "Network",
    "NodeGroup",
    "Settings",
    "Tenant",
    "Way",
    "additional_instance_types",
    "address_plan",
    "check",
    "cilium_values",
    "cilium_version",
    "egress_interface",
    "json_schema",
    "load",
    "operator_replicas",
    "parse",
    "placeholders",
    "primary_interface",
    "tenants_policies",
    "warnings",
]
