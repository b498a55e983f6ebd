"""The name and region of a cluster, from what a kubeconfig and its nodes tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at, labels_of

from .access import Access

# aws eks update-kubeconfig names the cluster by its ARN, and eksctl NAME.REGION.eksctl.io:
# https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html
_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:eks:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):cluster/(?P<name>.+)"
)
_EKSCTL: Final = re.compile(r"(?P<name>[^.@]+)\.(?P<region>[a-z0-9-]+)\.eksctl\.io")
# https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
_HOST: Final = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?:eks\.amazonaws\.com|api\.aws)")
#: The options of 'aws eks get-token' and of aws-iam-authenticator.
_NAMING: Final = ("--cluster-name", "--cluster-id", "-i")
_PROVIDER: Final = re.compile(r"aws:///(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)[a-z]")


@dataclass(frozen=True)
class ClusterName:
    """A cluster in EKS.

    Attributes:
        name: Its name; empty if it is not known.
        region: Its region; empty if it is not known.
        account: Its account; empty if it is not known.
    """

    name: str = ""
    region: str = ""
    account: str = ""

    def or_else(self, other: ClusterName) -> ClusterName:
        """This one, with what it lacks from another."""
        return replace(
            self,
            name=self.name or other.name,
            region=self.region or other.region,
            account=self.account or other.account,
        )


def of_access(access: Access) -> ClusterName:
    """What a kubeconfig tells."""
    for pattern in (_ARN, _EKSCTL):
        if found := pattern.fullmatch(access.name):
            named = ClusterName(**found.groupdict())
            break
    else:
        named = ClusterName()
    host = _HOST.search(access.host)
    options = ClusterName(_option(access.hints, *_NAMING), _option(access.hints, "--region"))
    return named.or_else(options).or_else(ClusterName("", host["region"] if host else ""))


def _option(words: tuple[str, ...], *names: str) -> str:
    for number, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            return value if equals else words[number + 1] if number + 1 < len(words) else ""
    return ""


def of_nodes(nodes: Iterable[Mapping[str, Any]]) -> ClusterName:
    """What the nodes tell: their region, and the name where eksctl labels them with it."""
    found = ClusterName()
    for node in nodes:
        labels = labels_of(node)
        provider = _PROVIDER.match(at(node, "spec.providerID", ""))
        region = labels.get("topology.kubernetes.io/region") or (provider["region"] if provider else "")
        found = found.or_else(ClusterName(labels.get("alpha.eksctl.io/cluster-name", ""), region))
        if found.name and found.region:
            break
    return found
