"""The typed form of `settings.yaml`: one environment, checked as a whole.

`load` reads a file, `parse` reads plain data, `check` judges settings made in code. Each reports all invalid
settings at once, and then all settings that contradict each other. `advise`, `remarks` and
`deploy_problems` report what is valid and still needs attention.
"""

from __future__ import annotations

from .address_plan import AddressPlan, address_plan, instance_facts, node_addressing
from .advice import advise, deploy_problems, placeholders, remarks
from .booting import Booted, booting, booting_notes
from .cilium import CiliumSettings
from .conversion import (
    cilium_values,
    cilium_version,
    egress_interface,
    operator_replicas,
    primary_interface,
)
from .deployment_references import PLACEHOLDER, references
from .importing import ImportedSettings, import_settings
from .keeping import Kept, blocking, keeping
from .loader import load, parse
from .model import AccessSettings, EndpointAccess, Settings
from .network import FlowLogSettings, Network
from .node_group import NodeGroupSettings
from .rules import check
from .schema import json_schema
from .starting_file import starting_file
from .tenants import TenantSettings
from .ways import Way, WayIn, gateway_advice

__all__ = [
    "PLACEHOLDER",
    "AccessSettings",
    "AddressPlan",
    "Booted",
    "CiliumSettings",
    "EndpointAccess",
    "FlowLogSettings",
    "ImportedSettings",
    "Kept",
    "Network",
    "NodeGroupSettings",
    "Settings",
    "TenantSettings",
    "Way",
    "WayIn",
    "address_plan",
    "advise",
    "blocking",
    "booting",
    "booting_notes",
    "check",
    "cilium_values",
    "cilium_version",
    "deploy_problems",
    "egress_interface",
    "gateway_advice",
    "import_settings",
    "instance_facts",
    "json_schema",
    "keeping",
    "load",
    "node_addressing",
    "operator_replicas",
    "parse",
    "placeholders",
    "primary_interface",
    "references",
    "remarks",
    "starting_file",
]
