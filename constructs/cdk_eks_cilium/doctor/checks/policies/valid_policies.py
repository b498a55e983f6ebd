"""Whether Cilium takes every policy."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, condition, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_CLUSTERWIDE_POLICIES, CILIUM_POLICIES, DAEMON_SETS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions import behaviour


@check(
    "valid-policies",
    "Cilium takes every policy",
    reads=(CILIUM_POLICIES, CILIUM_CLUSTERWIDE_POLICIES, DAEMON_SETS),
    symptom="a policy is in the cluster, and has no effect",
    answers=("CILIUM-policies",),
    links=(
        "https://github.com/cilium/cilium/pull/32727",
        "https://github.com/cilium/cilium/issues/45716",
    ),
)
def valid_policies(seen: Seen) -> Iterator[Outcome]:
    """The API takes some policies that agents cannot enforce. Agents leave such a policy out, so its pods may
    be open.

    From 1.16 on the operator judges each policy, and writes the condition Valid. Agents of older releases
    wrote their errors into the status of each node, where that was on; otherwise only their logs tell. A
    policy that sets enableDefaultDeny and has empty lists is called invalid by mistake, and works.
    """
    policies = (*seen.list(CILIUM_POLICIES), *seen.list(CILIUM_CLUSTERWIDE_POLICIES))
    wrong = tuple(evidence for policy in policies for evidence in _refused(policy))
    if wrong:
        yield Finding(
            Severity.ERROR,
            f"Cilium does not take {len({each.object for each in wrong})} of {len(policies)} policies",
            wrong,
            "kubectl get ciliumnetworkpolicies,ciliumclusterwidenetworkpolicies --all-namespaces\n"
            "# Judge a policy before it is in the cluster:\ncdk-eks-cilium policy check FILE",
        )
    elif (
        policies
        and not behaviour.policy.POLICIES_JUDGED.holds(seen.derived(known_release))
        and not any(map(_tells, policies))
    ):
        yield Skip("this release tells it in the logs of its agents: cdk-eks-cilium policy check FILES")
    else:
        yield Fine(counted(len(policies), "policy", "policies"))


def _judged(seen: Seen) -> bool:
    return behaviour.policy.POLICIES_JUDGED.holds(seen.derived(known_release))


def _tells(policy: Object) -> bool:
    return bool(at(policy, "status.nodes") or at(policy, "status.conditions"))


def _refused(policy: Object) -> Iterator[Evidence]:
    name = f"{policy.get('kind', 'Policy')} {name_of(policy)}"
    valid = condition(policy, "Valid")
    if valid.get("status") == "False":
        message = str(valid.get("message", ""))
        if not _called_by_mistake(policy, message):
            yield Evidence(name, "status.conditions[Valid]", f"False: {message}", "True")
        return
    for node, told in (at(policy, "status.nodes") or {}).items():
        if told.get("error"):
            yield Evidence(name, f"status.nodes[{node}].error", str(told["error"]), "")
            return


def _called_by_mistake(policy: Object, message: str) -> bool:
    """Whether it is what issue 45716 is about: enforced, though the operator calls it invalid."""
    return "at least one of Ingress" in message and any((at(policy, "spec.enableDefaultDeny") or {}).values())
