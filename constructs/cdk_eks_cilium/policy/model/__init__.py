"""The parts of Cilium's policies, as the CRDs of every Cilium release in the table define them."""

from .kafka import KafkaRule
from .layer7 import (
    EnvoyConfigReference,
    HeaderMatch,
    HttpRule,
    L7Rules,
    Listener,
    SecretReference,
    TlsContext,
)
from .part import PolicyPart, not_none, spelled
from .peers import (
    AwsGroup,
    CidrRule,
    Entity,
    FqdnSelector,
    Group,
    K8sService,
    K8sServiceSelector,
    Service,
)
from .policy import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EnableDefaultDeny,
    Log,
    Metadata,
    Policy,
    PolicyLabel,
    Rule,
)
from .ports import IcmpField, IcmpRule, PortDenyRule, PortProtocol, PortRule, Protocol
from .rules import (
    SECTIONS,
    Authentication,
    EgressDenyRule,
    EgressRule,
    IngressDenyRule,
    IngressRule,
    Item,
)
from .selectors import LabelSelector, Requirement

__all__ = [
    "SECTIONS",
    "Authentication",
    "AwsGroup",
    "CidrRule",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "EgressDenyRule",
    "EgressRule",
    "EnableDefaultDeny",
    "Entity",
    "EnvoyConfigReference",
    "FqdnSelector",
    "Group",
    "HeaderMatch",
    "HttpRule",
    "IcmpField",
    "IcmpRule",
    "IngressDenyRule",
    "IngressRule",
    "Item",
    "K8sService",
    "K8sServiceSelector",
    "KafkaRule",
    "L7Rules",
    "LabelSelector",
    "Listener",
    "Log",
    "Metadata",
    "Policy",
    "PolicyLabel",
    "PolicyPart",
    "PortDenyRule",
    "PortProtocol",
    "PortRule",
    "Protocol",
    "Requirement",
    "Rule",
    "SecretReference",
    "Service",
    "TlsContext",
    "not_none",
    "spelled",
]
