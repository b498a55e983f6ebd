"""The Helm release of Cilium, as CDK's kubectl handler installs it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.checks.app_templates import EXISTING_CRDS
from cdk_eks_cilium.cluster.local_chart import local_chart
from cdk_eks_cilium.cluster.release_takeover import NAMESPACE, RELEASE, ReleaseTakeover
from cdk_eks_cilium.cluster.service_timeout import limit_service_time
from cdk_eks_cilium.versions import CiliumVersion

REPOSITORY: Final = "https://helm.cilium.io/"

# The handler that runs Helm has 15 minutes. Helm must give up first, so that the handler can still answer.
# belief: CDK-kubectl-handler-swallows-deletes
_HELM_TIMEOUT: Final = cdk.Duration.minutes(13)


def cilium_release(
    scope: Construct,
    id: str,
    *,
    cluster: eks.Cluster | eks.ICluster,
    version: CiliumVersion,
    values: Mapping[str, Any],
    chart_asset: str | os.PathLike[str] | None,
    handler_subnets: Sequence[ec2.ISubnet],
    allow_minor_skip: bool = False,
    existing_crds: Sequence[str] = (),
) -> tuple[eks.HelmChart, ReleaseTakeover]:
    """Make the release ``cilium`` in ``kube-system``, and what takes it back from changes by hand.

    The release does not wait for pods.

    Args:
        values: The chart's values; texts may be tokens, and null unsets a default.
        chart_asset: A chart on this machine. None: the chart in Cilium's repository.
        handler_subnets: Subnets for the takeover's function.
        allow_minor_skip: Whether an update may skip a minor of Cilium.
        existing_crds: Groups whose CRDs are in the cluster before the release.
    """
    source: dict[str, Any] = {"chart": "cilium", "repository": REPOSITORY, "version": str(version)}
    chart_hash = ""
    if chart_asset is not None:
        asset = local_chart(scope, cluster, chart_asset)
        source, chart_hash = {"chart_asset": asset}, asset.asset_hash
    chart = eks.HelmChart(
        scope,
        id,
        cluster=cast(eks.ICluster, cluster),
        **source,
        release=RELEASE,
        namespace=NAMESPACE,
        # Helm 4 would take over fields of the namespace kube-system itself.
        create_namespace=False,
        # belief: HELM-wait-needs-nodes, EKS-node-group-needs-ready-nodes
        wait=False,
        timeout=_HELM_TIMEOUT,
    )
    resource = cast(cdk.CfnResource, chart.node.find_child("Resource").node.default_child)
    # Not through `values`: jsii drops nulls, which unset a chart's default.
    # belief: CDK-jsii-drops-null
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    resource.add_property_override("Values", text)
    limit_service_time(chart)
    _tell_existing_crds(resource, existing_crds)
    takeover = ReleaseTakeover(
        scope,
        "ReleaseTakeover",
        cluster=cluster,
        inputs=(str(version), REPOSITORY, chart_hash, str(_HELM_TIMEOUT.to_seconds()), text),
        version=version,
        allow_minor_skip=allow_minor_skip,
        subnets=handler_subnets,
    )
    chart.node.add_dependency(takeover)
    return chart, takeover


def _tell_existing_crds(release: cdk.CfnResource, groups: Sequence[str]) -> None:
    """Write into the template what is in the cluster before the release: the rehearsal begins with it."""
    if groups:
        options = cdk.Stack.of(release).template_options
        told = dict(options.metadata or {})
        mine = {"release": release.logical_id, "groups": list(groups)}
        options.metadata = {**told, EXISTING_CRDS: [*told.get(EXISTING_CRDS, ()), mine]}
