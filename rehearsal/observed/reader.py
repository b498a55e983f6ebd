"""Reads a rehearsed cluster for the doctor's checks.

It tells what the rehearsal knows, and nothing else: no container runs, and so nothing writes logs or metrics.
"""

# no belief: how checks look at what others model

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.aws_kinds import ADD_ONS, INTERFACES
from cdk_eks_cilium.doctor.engine.fields import at, trim
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, Read
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading
from cdk_eks_cilium.doctor.readers.aws import AwsReader
from rehearsal.aws.account import Account, Cluster

NO_CONTAINERS: Final = "no container runs in a rehearsal"
NO_PODS: Final = "a rehearsal with --api-server has no pods"
_NOT_THERE: Final = "a rehearsal's account does not know"
# What moto and the account do not have, or have without what checks look at.
_UNKNOWN: Final = ("DescribeClusterVersions", "DescribeInsight", "DescribeInstances", "DescribeNodegroup")


class ObservedReader:
    """A cluster of a rehearsal, with its account.

    Args:
        account: The account.
        cluster: The cluster.
    """

    def __init__(self, account: Account, cluster: Cluster) -> None:
        self._account, self._cluster = account, cluster
        types = (node.instance_type for node in cluster.nodes.values())
        self._aws = AwsReader(_Session(account), cluster.name, lambda: types)

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading.

        Raises:
            UnreadError: moto does not answer.
            NotAskedError: A rehearsal has no such thing.
        """
        match reading:
            case Objects():
                return self._objects(reading)
            case Logs() | Metrics():
                # no belief: what a rehearsal lacks
                raise NotAskedError(NO_CONTAINERS)
            case ApiVersion():
                return Read(({"gitVersion": f"v{self._cluster.kubernetes.version}.0"},))
            case Aws():
                return self._of_aws(reading)

    def _objects(self, wanted: Objects) -> Read:
        kubernetes = self._cluster.kubernetes
        if wanted.kind == "Pod" and not kubernetes.shows_pods:
            # no belief: what a rehearsal lacks
            raise NotAskedError(NO_PODS)
        version = f"{wanted.group}/{wanted.version}" if wanted.group else wanted.version
        found = [
            trim(each, wanted.keep)
            for each in kubernetes.objects(wanted.kind, wanted.namespace or None)
            if each.get("apiVersion", version) == version and wanted.name in ("", at(each, "metadata.name"))
        ]
        return Read(tuple(found), served=bool(found) or kubernetes.serves(wanted.kind, version))

    def _of_aws(self, reading: Aws) -> Read | None:
        if reading == ADD_ONS:
            return Read(tuple(self._add_ons()))
        if reading.operation in _UNKNOWN or reading.service not in ("ec2", "eks"):
            # no belief: what a rehearsal lacks
            raise NotAskedError(f"{_NOT_THERE} {reading}")
        found = self._aws.read(reading)
        if reading == INTERFACES and found is not None:
            prefixes = {
                each.interface_id: each.prefixes
                for node in self._cluster.nodes.values()
                for each in node.interfaces
            }
            return Read(tuple(_with_prefixes(each, prefixes) for each in found.objects))
        return found

    def _add_ons(self) -> Iterator[Object]:
        """EKS's add-ons, which the cluster knows and moto does not."""
        for name in sorted(self._cluster.kubernetes.managed_addons):
            good, reason = self._cluster.kubernetes.addon_state(name)
            issues = [] if good else [{"code": "InsufficientNumberOfReplicas", "message": reason}]
            status = "ACTIVE" if good else "DEGRADED"
            yield {"addonName": name, "status": status, "health": {"issues": issues}}


class _Session:
    """What a reader of AWS needs of a session of boto3."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def client(self, service: str, config: Any = None) -> Any:
        """The account's own client; nothing throttles here."""
        del config
        return self._account.client(service)


def _with_prefixes(interface: Object, prefixes: dict[str, tuple[str, ...]]) -> Object:
    """An interface as EC2 tells it: moto does not know prefixes."""
    own = prefixes.get(str(interface.get("NetworkInterfaceId")), ())
    return {**interface, "Ipv4Prefixes": [{"Ipv4Prefix": each} for each in own]}
