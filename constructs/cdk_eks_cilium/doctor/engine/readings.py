"""What a check can read: objects of the API, logs, metrics, and answers of AWS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Objects:
    """Every object of a kind, or one of them.

    Attributes:
        kind: Such as ``CiliumNode``.
        plural: Its name in paths of the API, such as ``ciliumnodes``.
        group: Its API group; empty for the core group.
        version: The version of the group.
        namespace: The only namespace to read; empty for the whole cluster.
        name: The only object to read; empty for all.
        keep: Fields to keep, each as a path with dots; empty to keep everything. A field is kept whole. Kinds
            with thousands of objects keep little.
    """

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespace: str = ""
    name: str = ""
    keep: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.plural}{f' {self.name}' if self.name else ''}{where}"


@dataclass(frozen=True)
class Logs:
    """The last lines of the logs of some pods, as objects ``{"pod": name, "lines": [...]}``.

    Attributes:
        namespace: Their namespace.
        selector: Their labels.
        container: The container.
        lines: How many of the last lines of each pod.
        pods: The most pods whose logs are read; those with restarts come first.
    """

    namespace: str
    selector: str
    container: str
    lines: int = 1000
    pods: int = 3

    def __str__(self) -> str:
        return f"logs of {self.selector} in {self.namespace}"


@dataclass(frozen=True)
class Metrics:
    """The metrics of some pods, as objects ``{"pod": name, "text": Prometheus' text format}``.

    Attributes:
        namespace: Their namespace.
        selector: Their labels.
        port: The port that serves ``/metrics``.
        pods: The most pods to ask.
    """

    namespace: str
    selector: str
    port: int
    pods: int = 3

    def __str__(self) -> str:
        return f"metrics of {self.selector} in {self.namespace}"


@dataclass(frozen=True)
class ApiVersion:
    """The release of the API server, as one object: the answer of ``/version``."""

    def __str__(self) -> str:
        return "version of the API server"


class Scope(StrEnum):
    """What narrows a call of AWS."""

    VPC = "vpc"
    """The VPC of the cluster, as a filter ``vpc-id``."""
    CLUSTER = "cluster"
    """The cluster, as ``clusterName`` or ``name``."""
    NODE_GROUP = "node group"
    """Each managed node group of the cluster: one call each."""
    NODE_ROLE = "node role"
    """Each role of the managed node groups: one call each. The objects get the role's name."""
    ADD_ON = "add-on"
    """Each add-on of the cluster: one call each."""
    INSIGHT = "insight"
    """Each insight of the cluster: one call each."""
    INSTANCES = "instances"
    """The types of the cluster's nodes, as ``InstanceTypes``."""
    ACCOUNT = "account"
    """Nothing: the account and the region."""
    POD_SUBNET = "pod subnet"
    """Each subnet of pods, else each of the VPC: one call each."""
    STACK = "stack"
    """Each stack that made the cluster: one call each."""
    PLAN = "plan"
    """What settings name, such as instance types: the reader knows the parameters of each operation."""


@dataclass(frozen=True)
class Aws:
    """The answer of an operation of AWS, page after page.

    Attributes:
        service: The name of boto3's client, such as ``ec2``.
        operation: Such as ``DescribeSubnets``.
        key: The key of the answer that holds the objects: a list, or one object. Empty for the whole answer
        as
            one object.
        scope: What narrows the call.
        parameters: Further parameters, as sorted pairs; lists as tuples.
        absent: Codes of errors that say that the object is missing.
    """

    service: str
    operation: str
    key: str
    scope: Scope = Scope.ACCOUNT
    parameters: tuple[tuple[str, str | int | bool | tuple[str, ...]], ...] = ()
    absent: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


Reading = Objects | Logs | Metrics | ApiVersion | Aws
"""Anything that a check can read."""
