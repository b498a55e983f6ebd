"""What exists during a rehearsal, besides what moto holds: shared by every resource handler."""

from __future__ import annotations

import collections
import itertools
import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.assembly import Assembly
from rehearsal.aws import Cloud

if TYPE_CHECKING:
    from rehearsal.charts import ChartRepository
    from rehearsal.custom_resources import CustomResources
    from rehearsal.kubernetes import KubernetesCluster


@dataclass(frozen=True)
class Options:
    """How to rehearse.

    Attributes:
        fail: Logical id or resource type whose first creation fails; nothing by default.
        authorization_delay: Least seconds an access entry stays without effect after its principal's first
            attempt; EKS documents entries as eventually consistent.
        node_patience: Seconds a node group waits for Ready nodes before it fails (EKS: about half an hour).
        charts: Folder of packaged charts (`cilium-1.19.6.tgz`); a stand-in chart without it.
        online: Take charts from the repository the template names.
        orphan_enis: Number of pod ENIs left `available` when nodes go, as when an operator dies first.
    """

    fail: str | None = None
    authorization_delay: float = 1.0
    node_patience: float = 8.0
    charts: Path | None = None
    online: bool = False
    orphan_enis: int = 0


class ResourceError(Exception):
    """A resource action that CloudFormation would report as failed.

    Args:
        reason: Text of the status reason.
        physical_id: Id of what was made before the failure; it is deleted in the rollback.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.physical_id = physical_id


@dataclass
class Function:
    """A Lambda function that was created."""

    arn: str
    name: str
    logical_id: str
    properties: dict[str, Any]
    code: Path
    interfaces: list[str] = field(default_factory=list)


@dataclass
class AccessEntry:
    """An EKS access entry; `first_seen` is when its principal first tried, monotonic seconds, and `refused`
    how often it was turned away since.
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
    """An EC2 instance that joined a cluster as a node."""

    name: str
    group: str
    zone: str
    instance_id: str
    max_pods: int
    interfaces: list[PodInterface] = field(default_factory=list)
    problem: str = ""


@dataclass
class Cluster:
    """An EKS cluster: its embedded Kubernetes API and what AWS keeps beside it."""

    name: str
    kubernetes: KubernetesCluster
    security_group: str
    interfaces: list[str] = field(default_factory=list)
    entries: dict[str, AccessEntry] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    planned_max_pods: dict[str, int] = field(default_factory=dict)
    pod_identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    late_identities: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


class World:
    """State of one rehearsal."""

    def __init__(self, assembly: Assembly, options: Options, say: Callable[[str], None]) -> None:
        self.assembly = assembly
        self.options = options
        self.environment = assembly.environment
        self.cloud = Cloud(assembly.environment)
        self.say = say
        self.functions: dict[str, Function] = {}
        self.layers: dict[str, Path] = {}
        self.clusters: dict[str, Cluster] = {}
        self.exports: dict[str, Any] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.cancelled = threading.Event()
        self.lock = threading.RLock()
        self.charts: ChartRepository | None = None
        self.existing: set[str] = set()
        self.assigned_prefixes: set[str] = set()
        self._orphans_left = options.orphan_enis
        self._custom_resources: CustomResources | None = None
        self.log_groups_of_lambda: dict[str, str] = {}
        self.chart_sources: dict[str, str] = {}
        self.bootstrap_buckets: set[str] = set()
        self._scratch = tempfile.TemporaryDirectory(prefix="rehearsal-", ignore_cleanup_errors=True)
        self._numbers = itertools.count(1)
        self._asked: collections.Counter[str] = collections.Counter()

    def __enter__(self) -> World:
        self.cloud.start()
        return self

    def __exit__(self, *_: object) -> None:
        for cluster in self.clusters.values():
            cluster.kubernetes.stop()
        if self.charts is not None:
            self.charts.stop()
        if self._custom_resources is not None:
            self._custom_resources.stop()
        self.cloud.stop()
        self._scratch.cleanup()

    def scratch(self, name: str) -> Path:
        """A new empty folder, gone when the rehearsal ends."""
        folder = Path(self._scratch.name) / f"{next(self._numbers):04d}-{name}"
        folder.mkdir(parents=True)
        return folder

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

    def chart_repository(self) -> ChartRepository:
        """The local chart repository, started at first use."""
        with self.lock:
            if self.charts is None:
                from rehearsal.charts import ChartRepository

                self.charts = ChartRepository(self.options.charts)
                self.charts.start()
            return self.charts

    def custom_resources(self) -> CustomResources:
        """The caller of custom resources, started at first use."""
        with self.lock:
            if self._custom_resources is None:
                from rehearsal.custom_resources import CustomResources

                self._custom_resources = CustomResources(self)
            return self._custom_resources

    def take_orphan(self) -> bool:
        """Whether the next interface to go is one that stays behind, as `Options.orphan_enis` orders."""
        with self.lock:
            self._orphans_left -= 1
            return self._orphans_left >= 0

    def wait(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Polls until the condition holds, the time is over or the stack operation is cancelled."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline or self.cancelled.is_set():
                return False
            time.sleep(0.05)
        return True
