"""Whether Cilium is of the release that the settings name."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium import AGENTS, agents, container, release_in
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "planned-release",
    "Cilium is of the release that the settings name",
    reads=(DAEMON_SETS,),
    symptom="the cluster does not do what the settings' release does",
    links=("https://docs.cilium.io/en/stable/operations/upgrade/",),
)
def planned_release(seen: Seen) -> Iterator[Outcome]:
    """The settings name a release of Cilium. The cluster has another one where a deploy failed, was rolled
    back, or somebody upgraded by hand.
    """
    wanted = seen.planned("cilium")
    image = str(container(seen.derived(agents), "cilium-agent").get("image", ""))
    found = release_in(image)
    if found is None:
        yield Unknown(f"the image {image!r} of the DaemonSet cilium does not name a release")
    elif found == wanted:
        yield Fine(f"Cilium {found}")
    else:
        yield Finding(
            Severity.ERROR,
            f"Cilium {found} runs, and {seen.plan.source} names {wanted}",
            (Evidence(AGENTS, "spec.template.spec.containers[0].image", image, f"v{wanted}"),),
            "helm --namespace kube-system history cilium\n"
            "# Then deploy, or write the running release into the settings.",
        )
