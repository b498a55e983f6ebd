"""The public names, each with its module: read by `__init__.py` and by type checkers."""

from .checks.plugin import CiliumChecks as CiliumChecks
from .cilium import Cilium as Cilium
from .cilium_cluster import CiliumCluster as CiliumCluster
from .cilium_migration import CiliumMigration as CiliumMigration
from .cluster.access import AccessGrant as AccessGrant
from .cluster.api_ready import ApiReady as ApiReady
from .cluster.aws_node_removal import AwsNodeOptions as AwsNodeOptions
from .cluster.aws_node_removal import AwsNodeRemoval as AwsNodeRemoval
from .cluster.cni_configuration import CniConfiguration as CniConfiguration
from .cluster.control_plane import ControlPlane as ControlPlane
from .cluster.core_addons import CoreAddons as CoreAddons
from .cluster.eni_sweep import EniSweep as EniSweep
from .cluster.existing_cluster import ExistingCluster as ExistingCluster
from .cluster.node_counts import NodeCounts as NodeCounts
from .cluster.node_group import NodeGroup as NodeGroup
from .cluster.operator_role import OperatorRole as OperatorRole
from .cluster.pod_identity import PodIdentity as PodIdentity
from .cluster.readiness_gate import ReadinessGate as ReadinessGate
from .network.existing_pod_subnets import ExistingPodSubnets as ExistingPodSubnets
from .network.flow_logs import FlowLogs as FlowLogs
from .network.pod_subnets import PodSubnets as PodSubnets
from .network.pod_subnets_base import PodSubnetsBase as PodSubnetsBase
from .network.private_endpoints import PrivateEndpoints as PrivateEndpoints
from .network.private_nat import PrivateNatGateways as PrivateNatGateways
from .nodes import Proxy as Proxy
from .nodes import Taint as Taint
from .policies.cluster_network_policy import ClusterNetworkPolicy as ClusterNetworkPolicy
from .policies.network_policy import ClusterwideNetworkPolicy as ClusterwideNetworkPolicy
from .policies.network_policy import NetworkPolicy as NetworkPolicy
from .policies.tenant import Tenant as Tenant
from .policy import ClusterPeer as ClusterPeer
from .policy import Http as Http
from .policy import Icmp as Icmp
from .policy import Peer as Peer
from .policy import Port as Port
from .problems import InputError as InputError
from .problems import Problem as Problem
from .values import Agent as Agent
from .values import BandwidthManager as BandwidthManager
from .values import CiliumValues as CiliumValues
from .values import Egress as Egress
from .values import Encryption as Encryption
from .values import Eni as Eni
from .values import Envoy as Envoy
from .values import FlowExport as FlowExport
from .values import Hubble as Hubble
from .values import HubbleTls as HubbleTls
from .values import IngressController as IngressController
from .values import Ipam as Ipam
from .values import Issuer as Issuer
from .values import Operator as Operator
from .values import Prometheus as Prometheus
from .values import Resources as Resources
from .values import Toleration as Toleration
from .versions import CiliumVersion as CiliumVersion

__all__: list[str]

__version__: str
