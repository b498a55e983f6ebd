"""The typed form of `settings.yaml`: one environment, checked as a whole.

`load` reads a file, `parse` plain data, `check` settings made in code; each says everything that is
wrong at once. `advise` and `placeholders` say what is allowed and still worth a word.
"""

from __future__ import annotations

from .address_plan import AddressPlan, Way, address_plan, instance_facts, node_addressing
from .advice import advise, placeholders
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
from .starting_file import starting_file
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
    "address_plan",
    "advise",
    "check",
    "cilium_values",
    "cilium_version",
    "egress_interface",
    "instance_facts",
    "json_schema",
    "load",
    "node_addressing",
    "operator_replicas",
    "parse",
    "placeholders",
    "primary_interface",
    "starting_file",
    "tenants_policies",
]
