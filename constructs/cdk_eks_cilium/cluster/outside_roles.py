"""Apps whose roles others make: `iam.Role.customize_roles` writes a report of them, and no role or policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

# `CUSTOMIZE_ROLES_CONTEXT_KEY` in
# https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/core/lib/helpers-internal/customize-roles.ts
_CUSTOMIZED: Final = "@aws-cdk/iam:customizeRoles"


def made_outside(scope: IConstruct) -> bool:
    """Whether the app of *scope* leaves its roles to others."""
    customized = scope.node.try_get_context(_CUSTOMIZED)
    return isinstance(customized, dict) and customized.get("preventSynthesis") is True


def attach(scope: Construct, id: str, role: iam.IRole, statements: Sequence[Mapping[str, Any]]) -> None:
    """Give *role* a policy of its own, ``id`` in *scope*; a role that others make has it in the report.

    CDK would make a policy for such a role, too, which its app may not.

    Args:
        statements: The policy's statements, as in IAM's JSON.
    """
    if not made_outside(scope):
        document = iam.PolicyDocument.from_json({"Statement": [dict(each) for each in statements]})
        iam.Policy(scope, id, roles=[role], document=document)
        return
    for statement in statements:
        role.add_to_principal_policy(iam.PolicyStatement.from_json(dict(statement)))
