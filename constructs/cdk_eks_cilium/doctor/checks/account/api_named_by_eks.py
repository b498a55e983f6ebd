"""Whether the API has a name that nodes ask without a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.nodes.bootstrap import API_DOMAINS


@check(
    "api-named-by-eks",
    "the Kubernetes API has a name that nodes ask without a proxy",
    reads=(CLUSTER,),
    symptom="nodes behind a proxy do not join",
    answers=("EKS-endpoint-names",),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/config-cluster-endpoint.html",),
)
def api_named_by_eks(seen: Seen) -> Iterator[Outcome]:
    """The boot data of nodes names the domains whose hosts are asked without a proxy. EKS's API is in one
    of them, as far as EKS documents it. A name elsewhere goes to the proxy, which cannot reach a private
    endpoint.
    """
    for cluster in seen.list(CLUSTER):
        endpoint = str(cluster.get("endpoint") or "")
        host = urlsplit(endpoint).hostname or ""
        if not host or host.endswith(API_DOMAINS):
            yield Fine(host or "no endpoint yet")
            continue
        name = f"eks cluster {cluster.get('name')}"
        fix = f"# Behind a proxy, add the name to no_proxy of the node groups' proxy: {host}"
        yield Finding(
            Severity.WARNING,
            "the Kubernetes API has a name that a proxy of nodes is asked for",
            (Evidence(name, "endpoint", endpoint, f"a name in {' or '.join(API_DOMAINS)}"),),
            fix,
        )
