"""Whether the endpoint of the Kubernetes API is open as meant."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_EVERYONE = "0.0.0.0/0"


@check(
    "endpoint-access",
    "the endpoints of the Kubernetes API are open as meant",
    reads=(CLUSTER,),
    symptom="everyone on the internet reaches the API, or people no longer do",
    links=("https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",),
)
def endpoint_access(seen: Seen) -> Iterator[Outcome]:
    """With settings, the ranges must be theirs: a change by hand stays until the next change of the template.
    Without settings, a public endpoint for everyone is told.

    Without the private endpoint, nodes reach the API over the internet alone.
    """
    for cluster in seen.list(CLUSTER):
        access = cluster.get("resourcesVpcConfig") or {}
        found = list(_findings(seen, str(cluster.get("name")), access))
        yield from found
        if not found:
            public = (
                named(access.get("publicAccessCidrs") or ())
                if access.get("endpointPublicAccess")
                else "nobody"
            )
            yield Fine(
                f"public for {public}, private {'on' if access.get('endpointPrivateAccess') else 'off'}"
            )


def _findings(seen: Seen, name: str, access: Object) -> Iterator[Finding]:
    where = f"eks cluster {name}"
    update = f"aws eks update-cluster-config --name {name} --resources-vpc-config"
    public = (
        tuple(sorted(access.get("publicAccessCidrs") or ())) if access.get("endpointPublicAccess") else ()
    )
    wanted = seen.plan.public_ranges
    if wanted is not None and public != tuple(sorted(wanted)):
        evidence = (
            Evidence(
                where,
                "resourcesVpcConfig.publicAccessCidrs",
                named(public) or "no public endpoint",
                named(wanted) or "no public endpoint",
            ),
        )
        on = (
            f"publicAccessCidrs={','.join(wanted)},endpointPublicAccess=true"
            if wanted
            else "endpointPublicAccess=false"
        )
        severity = Severity.ERROR if _EVERYONE in public else Severity.WARNING
        yield Finding(
            severity, "the public endpoint is not open as the settings say", evidence, f"{update} {on}"
        )
    elif wanted is None and _EVERYONE in public:
        evidence = (
            Evidence(where, "resourcesVpcConfig.publicAccessCidrs", named(public), "ranges of yours"),
        )
        yield Finding(
            Severity.WARNING,
            "everyone on the internet reaches the Kubernetes API",
            evidence,
            f"# Name ranges in endpoint_access.public_cidrs of the settings. By hand:\n{update} "
            "publicAccessCidrs=RANGES",
        )
    if access.get("endpointPrivateAccess") is False:
        evidence = (Evidence(where, "resourcesVpcConfig.endpointPrivateAccess", "false", "true"),)
        yield Finding(
            Severity.WARNING,
            "the private endpoint is off, so nodes reach the API over the internet",
            evidence,
            f"{update} endpointPrivateAccess=true",
        )
