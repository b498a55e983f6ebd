"""The Helm values of Cilium, typed, and their rendering for each chart version.

`CiliumValues` says what is wanted in terms that no chart version changes; `helm_values` writes
the keys that one chart reads. Plain Python: a text may be a CDK token, and nothing here reads into it.
"""

# ruff: noqa: F403 - each file names in __all__ what it gives.
from __future__ import annotations

from .helm import helm_values as helm_values
from .model import *
from .rendering.chart import CLUSTER_TAG as CLUSTER_TAG
from .rendering.chart import MANAGED_TAG as MANAGED_TAG
from .rendering.chart import hubble_certificate_days as hubble_certificate_days
from .rendering.cni_config import cni_config_map as cni_config_map
from .rendering.node_addressing import node_addressing as node_addressing
from .rendering.operator_actions import change_actions as change_actions
from .rendering.operator_actions import discovery_actions as discovery_actions
from .rendering.operator_actions import operator_actions as operator_actions
from .rendering.operator_actions import policy_statements as policy_statements
from .rendering.references import References as References
from .rules.cautions import endings as endings
from .rules.cautions import needless_overrides as needless_overrides
from .rules.cautions import notes as notes
from .rules.cautions import warnings as warnings
from .rules.cluster_name import derive_cluster_name as derive_cluster_name
from .rules.combinations import core_dns_problems as core_dns_problems
from .rules.operator_identity import OperatorIdentity as OperatorIdentity
from .rules.operator_identity import identity_problems as identity_problems
from .rules.problems import problems as problems
