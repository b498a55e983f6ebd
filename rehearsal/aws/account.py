"""The AWS account of a rehearsal: moto, and the state that moto lacks."""

# no belief: what the rehearsal keeps beside moto

from __future__ import annotations

import collections
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.aws.addons_api import AddonsApi, Application
from rehearsal.aws.environment import Environment
from rehearsal.aws.images import PublishedImages
from rehearsal.aws.moto import Cloud, Credentials
from rehearsal.kubernetes import KubernetesCluster


@dataclass
class LambdaFunction:
    """A Lambda function that was created."""

    arn: str
    name: str
    logical_id: str
    properties: dict[str, Any]
    code: Path
    interfaces: list[str] = field(default_factory=list)

    @property
    def runtime(self) -> str:
        """The name of its Lambda runtime."""
        return str(self.properties["Runtime"])

    @property
    def variables(self) -> dict[str, str]:
        """Its environment variables."""
        own = (self.properties.get("Environment") or {}).get("Variables") or {}
        return {name: str(value) for name, value in own.items()}

    @property
    def subnets(self) -> tuple[str, ...]:
        """Its subnets; none outside of a VPC."""
        return tuple((self.properties.get("VpcConfig") or {}).get("SubnetIds", ()))

    @property
    def log_group(self) -> str:
        """The log group that it writes to."""
        named = (self.properties.get("LoggingConfig") or {}).get("LogGroup")
        return str(named or f"/aws/lambda/{self.name}")


@dataclass
class AccessEntry:
    """An EKS access entry; `first_seen` is the time of its principal's first attempt, in seconds of the pace
    clock, and `refused` the number of refused attempts since.
    """

    principal_arn: str
    username: str
    groups: tuple[str, ...]
    cluster_admin: bool
    first_seen: float | None = None
    refused: int = 0


@dataclass
class PodInterface:
    """An ENI the simulated operator attached to a node."""

    interface_id: str
    index: int
    subnet_id: str
    prefixes: tuple[str, ...]


@dataclass
class NodeRecord:
    """An EC2 instance that joined a cluster as a node; `before` means before the deployment, by aws-node."""

    name: str
    group: str
    zone: str
    instance_id: str
    instance_type: str
    max_pods: int
    subnet_id: str
    address: str = ""
    interfaces: list[PodInterface] = field(default_factory=list)
    problem: str = ""
    before: bool = False


@dataclass
class Cluster:
    """An EKS cluster: its embedded Kubernetes API and the state that AWS keeps about it.

    `operator_credentials` has the credentials that cilium-operator got, by role.
    """

    name: str
    kubernetes: KubernetesCluster
    security_group: str
    interfaces: list[str] = field(default_factory=list)
    entries: dict[str, AccessEntry] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    pod_identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    late_identities: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    operator_credentials: dict[str, Credentials] = field(default_factory=dict)


class Account(Cloud):
    """One account and region. Use it as a context: its AWS and its clusters run until the end.

    Args:
        environment: Account number and region.

    Attributes:
        functions: Lambda functions by ARN.
        layers: Folder with the content of each Lambda layer, by ARN.
        clusters: EKS clusters by name.
        existing: Ids and names of the resources that existed before the deployment.
        assigned_prefixes: The /28 blocks that interfaces hold.
        log_groups_of_lambda: Why Lambda made a log group itself, by name.
        images: The images of nodes that AWS publishes.
        lock: Held to read and change state as one step.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.functions: dict[str, LambdaFunction] = {}
        self.layers: dict[str, Path] = {}
        self.clusters: dict[str, Cluster] = {}
        self.existing: set[str] = set()
        self.assigned_prefixes: set[str] = set()
        self.log_groups_of_lambda: dict[str, str] = {}
        self.images = PublishedImages()
        self.lock = threading.RLock()
        self._asked: collections.Counter[str] = collections.Counter()

    def beside_moto(self, application: Application) -> Application:
        """What answers the calls that IAM allows: moto, and around it what knows more than moto."""

        def kubernetes_of(name: str) -> KubernetesCluster | None:
            found = self.clusters.get(name)
            return None if found is None else found.kubernetes

        return AddonsApi(application, kubernetes_of)

    def __enter__(self) -> Account:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for cluster in self.clusters.values():
            cluster.kubernetes.stop()
        self.stop()

    def random_id(self, about: str, length: int = 12) -> str:
        """Capital letters and digits as CloudFormation appends them to names.

        The n-th call about the same thing gives the same id in every rehearsal, whatever runs beside it.
        """
        with self.lock:
            self._asked[about] += 1
            source = random.Random(f"{about} {self._asked[about]}")
        return "".join(source.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """An ARN in this account and region."""
        where = self.environment
        return (
            f"arn:{where.partition}:{service}:{where.region if region else ''}"
            f":{where.account if account else ''}:{resource}"
        )
