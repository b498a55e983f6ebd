"""Whether cilium-operator has credentials of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.operator_problems import (
    CREDENTIALS,
    lines_of,
    log_evidence,
    log_problems,
)
from cdk_eks_cilium.doctor.checks.views.words import RESTART_OPERATOR, counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_NODES,
    DAEMON_SETS,
    DEPLOYMENTS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CONFIG_MAPS,
    KUBE_SYSTEM_SERVICE_ACCOUNTS,
    OPERATOR_LOGS,
)
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_ROLE: Final = "eks.amazonaws.com/role-arn"


@check(
    "operator-has-credentials",
    "cilium-operator has credentials of AWS",
    reads=(
        KUBE_SYSTEM_CONFIG_MAPS,
        KUBE_SYSTEM_SERVICE_ACCOUNTS,
        DAEMON_SETS,
        DEPLOYMENTS,
        CILIUM_NODES,
        OPERATOR_LOGS,
    ),
    symptom="no node gets addresses; the operator restarts with errors about credentials",
    answers=("CILIUM-operator-credentials",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
        "https://github.com/cilium/cilium/issues/27224",
    ),
)
def operator_has_credentials(seen: Seen) -> Iterator[Outcome]:
    """The operator takes its role from its service account: by an annotation (IRSA), or by EKS Pod Identity,
    whose agent is a DaemonSet.

    Without both it has the keys of the Secret cilium-aws, if that exists, or the role of its node, which in
    this library may make no interface. A role whose trust policy does not name the cluster and the service
    account gives no credentials.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    deployment = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    name = str(at(deployment, "spec.template.spec.serviceAccountName") or "cilium-operator")
    account = seen.one(KUBE_SYSTEM_SERVICE_ACCOUNTS, name, KUBE_SYSTEM)
    role = str((at(account, "metadata.annotations") or {}).get(_ROLE, ""))
    agent = seen.one(DAEMON_SETS, "eks-pod-identity-agent", KUBE_SYSTEM)
    fine = f"by the role {role}" if role else "by Pod Identity, whose association EKS alone tells"
    if not role and agent is None:
        # Others give the rights to the nodes, and that works; nodes of this library lack them.
        works = not seen.plan.source and _has_worked(seen)
        yield Finding(
            Severity.WARNING if works else Severity.ERROR,
            "cilium-operator has no role of its own",
            (
                Evidence(_account(name), f"metadata.annotations[{_ROLE}]", "", "the role of the operator"),
                Evidence("DaemonSet kube-system/eks-pod-identity-agent", "metadata.name", "", "the add-on"),
            ),
            "# Set eni.iamRole to the role, or install the add-on and associate the role:\n"
            f"aws eks list-pod-identity-associations --cluster-name {seen.plan.cluster or 'CLUSTER'} "
            f"--namespace kube-system --service-account {name}",
        )
        return
    try:
        lines = lines_of(seen.derived(log_problems), CREDENTIALS)
    except UnreadError:
        # What objects tell is enough here: operator-log-clear says that the log cannot be read.
        lines = []
    if not lines:
        yield Fine(fine)
        return
    evidence = (
        Evidence(
            _account(name), f"metadata.annotations[{_ROLE}]", role, "a role that trusts this service account"
        ),
        *log_evidence(lines),
    )
    role_name = role.rpartition("/")[2] or "ROLE"
    fix = (
        "# Compare the trust policy with the cluster's issuer and with system:serviceaccount:kube-system:"
        "cilium-operator:\n"
        f"aws iam get-role --role-name {role_name} --query Role.AssumeRolePolicyDocument\n"
        f"aws eks describe-cluster --name {seen.plan.cluster or 'CLUSTER'} "
        "--query cluster.identity.oidc.issuer\n"
        "# Where the annotation or the association came after the pods, restart them:\n"
        f"{RESTART_OPERATOR}"
    )
    yield Finding(
        Severity.ERROR,
        f"AWS gives cilium-operator no credentials, {counted(len(lines), 'line')} of its log",
        evidence,
        fix,
    )


def _account(name: str) -> str:
    return f"ServiceAccount kube-system/{name}"


def _has_worked(seen: Seen) -> bool:
    """Whether the operator gave any node addresses: it had credentials then."""
    try:
        return any(each.addresses for node in seen.derived(eni_nodes) for each in node.pod_interfaces)
    except UnreadError:
        return False
