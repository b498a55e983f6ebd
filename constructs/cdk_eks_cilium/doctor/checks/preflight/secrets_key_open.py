"""Whether the policy of a key of one's own lets the deploy encrypt Kubernetes secrets with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.account_kinds import IDENTITY, KEY_POLICIES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.seen import Seen

NEEDED: Final = ("kms:CreateGrant", "kms:DescribeKey")
"""What whoever makes a cluster with a key needs on it:
https://docs.aws.amazon.com/eks/latest/APIReference/API_Provider.html."""


@check(
    "secrets-key-open",
    "the policy of the key for secrets lets the deploy use it",
    reads=(KEY_POLICIES, IDENTITY),
    symptom="the control plane is refused at the beginning of the cluster's stack, with a message about KMS",
    answers=("EKS-customer-key-rights",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
        "https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html",
    ),
)
def secrets_key_open(seen: Seen) -> Iterator[Outcome]:
    """CloudFormation makes the cluster with the execution role of CDK's bootstrap. EKS makes a grant on the
    key in that role's name.

    The key's policy must allow it to the account, whose IAM policies then decide, or to the role itself. IAM
    policies alone give nobody a right on a key.
    """
    key = seen.planned("deployment").secrets_key
    if not key:
        yield Skip("the stack makes the key")
        return
    texts = [str(each["Policy"]) for each in seen.list(KEY_POLICIES) if each.get("KeyId") == key]
    if not texts:
        yield Unknown(f"KMS does not tell the policy of {key}")
        return
    account = seen.plan.account or next((str(each.get("Account")) for each in seen.list(IDENTITY)), "")
    region = seen.plan.region or ""
    statements = [each for text in texts for each in _statements(text) if _names(each, account, region)]
    lacking = [action for action in NEEDED if not _grants(statements, action, conditions=True)]
    bound = [action for action in NEEDED if not _grants(statements, action, conditions=False)]
    if lacking:
        yield _finding(key, lacking, account, region)
    elif bound:
        yield Unknown(f"the policy of {key} allows {' and '.join(bound)} under conditions")
    else:
        yield Fine(key)


def _statements(policy: str) -> list[Mapping[str, Any]]:
    found = json.loads(policy).get("Statement") or []
    return found if isinstance(found, list) else [found]


def _names(statement: Mapping[str, Any], account: str, region: str) -> bool:
    """Whether a statement is about the account, everyone, or the role that CloudFormation deploys with."""
    principal = statement.get("Principal")
    names = principal.get("AWS") if isinstance(principal, Mapping) else principal
    role = f":role/{_role(account, region)}"
    return any(
        name in ("*", account) or str(name).endswith((f"::{account}:root", role)) for name in _listed(names)
    )


def _role(account: str, region: str) -> str:
    return f"cdk-hnb659fds-cfn-exec-role-{account}-{region}"


def _grants(statements: list[Mapping[str, Any]], action: str, *, conditions: bool) -> bool:
    """Whether some statement allows an action, and none denies it.

    Args:
        statements: Those about who deploys.
        action: The action.
        conditions: Whether statements with conditions count as they are best for us.
    """
    about = [each for each in statements if _matches(each, action)]
    denied = [each for each in about if each.get("Effect") == "Deny"]
    allowed = [each for each in about if each.get("Effect") == "Allow"]
    if conditions:
        return bool(allowed) and all(each.get("Condition") for each in denied)
    return any(not each.get("Condition") for each in allowed) and not denied


def _matches(statement: Mapping[str, Any], action: str) -> bool:
    """IAM's actions have wildcards, and no case."""
    if "NotAction" in statement:
        return not any(_like(action, each) for each in _listed(statement["NotAction"]))
    return any(_like(action, each) for each in _listed(statement.get("Action")))


def _like(action: str, pattern: Any) -> bool:
    return fnmatchcase(action.lower(), str(pattern).lower())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _finding(key: str, lacking: list[str], account: str, region: str) -> Finding:
    role = _role(account, region)
    evidence = tuple(
        Evidence(
            f"kms {key}", "policy", f"without {each}", f"{each} for account {account} or its role {role}"
        )
        for each in lacking
    )
    fix = (
        "# Its owner adds a statement that allows them:\n"
        f"aws kms get-key-policy --region {region} --key-id {key} --policy-name default --output text"
    )
    return Finding(
        Severity.ERROR,
        f"the deploy may not use the key of secrets: its policy gives no {' and no '.join(lacking)}",
        evidence,
        fix,
    )
