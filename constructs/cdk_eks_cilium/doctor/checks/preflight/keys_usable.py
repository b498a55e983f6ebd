"""Whether KMS keys exist, and Auto Scaling may use the keys of volumes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import DEFAULT_KEY, KEY_GRANTS, KEY_POLICIES, KEYS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import Deployment
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_ROLE = "AWSServiceRoleForAutoScaling"


@check(
    "keys-usable",
    "the KMS keys of volumes and secrets work, and Auto Scaling may use the volumes' keys",
    reads=(DEFAULT_KEY, KEYS, KEY_POLICIES, KEY_GRANTS),
    symptom="AsgInstanceLaunchFailures with Client.InternalError or Client.InvalidKMSKey: no node starts",
    links=(
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
        "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html",
    ),
)
def keys_usable(seen: Seen) -> Iterator[Outcome]:
    """Volumes of nodes are encrypted, with the key of the group or the account's default for EBS. Auto
    Scaling may use AWS's own key. For any other key its service-linked role needs the key's policy or a
    grant: IAM policies do not help, since nobody can change the role.
    """
    deployment = seen.planned("deployment")
    fine = []
    for key, volumes in _keys(seen, deployment).items():
        metadata = next(
            (each for each in seen.list(KEYS) if key in (each.get("Arn"), each.get("KeyId"))), None
        )
        state = str((metadata or {}).get("KeyState") or "")
        if metadata is None or state != "Enabled":
            yield _unusable(seen, key, state)
            continue
        if volumes and metadata.get("KeyManager") != "AWS":
            try:
                allowed = _allowed(seen, key)
            except UnreadError as error:
                yield Unknown(f"whether Auto Scaling may use {key}: {error}")
                continue
            if not allowed:
                yield _denied(seen, key)
                continue
        fine.append(key)
    if fine or not _keys(seen, deployment):
        yield Fine(named(fine) if fine else "AWS's own key of EBS")


def _keys(seen: Seen, deployment: Deployment) -> Mapping[str, bool]:
    """The keys, each with whether it is for volumes; without AWS's own, which has an alias."""
    given = [each.volume_key for each in deployment.nodes]
    if not all(given):
        given += [str(each.get("KmsKeyId")) for each in seen.list(DEFAULT_KEY)]
    keys = dict.fromkeys((each for each in given if each and not each.startswith("alias/")), True)
    return {**({deployment.secrets_key: False} if deployment.secrets_key else {}), **keys}


def _allowed(seen: Seen, key: str) -> bool:
    """Whether the key's policy or a grant lets the role use it."""
    policies = [each for each in seen.list(KEY_POLICIES) if each.get("KeyId") == key]
    if any(_names_role(statement) for each in policies for statement in _statements(each)):
        return True
    name = key.rpartition("/")[2]
    return any(
        str(each.get("GranteePrincipal", "")).endswith(f"/{_ROLE}")
        for each in seen.list(KEY_GRANTS)
        if str(each.get("KeyId", "")).rpartition("/")[2] == name
    )


def _statements(policy: Object) -> list[Any]:
    found = json.loads(str(policy.get("Policy") or "{}")).get("Statement") or []
    return found if isinstance(found, list) else [found]


def _names_role(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    names = principal.get("AWS") if isinstance(principal, dict) else principal
    every = names if isinstance(names, list) else [names]
    return any(name == "*" or str(name).endswith(f"/{_ROLE}") for name in every)


def _unusable(seen: Seen, key: str, state: str) -> Finding:
    evidence = (Evidence(f"kms {key}", "KeyState", state, "Enabled"),)
    fix = (
        "# Correct volume_key_arn or secrets_key_arn, or the account's default key of EBS. What is "
        "with the key:\n"
        f"aws kms describe-key --region {seen.plan.region} --key-id {key}"
    )
    return Finding(Severity.ERROR, f"the key {key} is {state or 'not there'}", evidence, fix)


def _denied(seen: Seen, key: str) -> Finding:
    account = seen.plan.account or "ACCOUNT"
    evidence = (Evidence(f"kms {key}", "policy and grants", f"without {_ROLE}", f"with {_ROLE}"),)
    fix = (
        f"aws kms create-grant --region {seen.plan.region} --key-id {key} --operations Encrypt Decrypt "
        "ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant "
        f"--grantee-principal arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/{_ROLE}"
    )
    return Finding(Severity.ERROR, f"Auto Scaling may not use the key {key} of volumes", evidence, fix)
