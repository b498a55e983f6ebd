"""The policies of roles as they are at the moment, from moto and from AWS's own policies."""

# belief: IAM-policy-evaluation

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.environment import Environment
from rehearsal.aws.iam.evaluator import Policy, Statement


@dataclass(frozen=True)
class RolePolicies:
    """What decides about a role.

    Attributes:
        identity: Statements of its own policies and of those attached to it.
        boundary: Statements of its permissions boundary; None without one.
        trust: Statements about who may assume it.
        unknown: ARNs of policies whose content is not known here.
    """

    identity: Policy
    boundary: Policy | None
    trust: Policy
    unknown: tuple[str, ...] = ()


class Policies:
    """The policies of the roles of an account.

    Attributes:
        of_aws: ARNs of the policies of AWS's that are attached to a role, by the role's name. moto attaches a
            policy only if it has loaded it, and loads AWS's all or none.
    """

    def __init__(self, environment: Environment) -> None:
        self._where = environment
        self.of_aws: dict[str, tuple[str, ...]] = {}

    def of_role(self, arn: str) -> RolePolicies | None:
        """The policies of a role; None if the account has no such role."""
        from moto.iam.models import iam_backends

        backend: Any = iam_backends[self._where.account][self._where.partition]
        role = next((role for role in list(backend.roles.values()) if role.arn == arn), None)
        if role is None:
            return None
        documents = [*role.policies.values(), *map(_content, list(role.managed_policies.values()))]
        unknown = []
        for name in self.of_aws.get(role.name, ()):
            document = of_aws(name)
            documents += [document] if document else []
            unknown += [] if document else [name]
        boundary = None
        if limit := role.permissions_boundary_arn:
            own = backend.managed_policies.get(limit)
            document = _content(own) if own else of_aws(limit)
            unknown += [] if document else [limit]
            boundary = _policy((document,) if document else ())
        return RolePolicies(
            _policy(tuple(documents)),
            boundary,
            _policy((role.assume_role_policy_document,)),
            tuple(unknown),
        )


def _content(policy: Any) -> str:
    """The document of a managed policy's version in force."""
    versions = {each.version_id: each.document for each in policy.versions}
    return str(versions[policy.default_version_id])


def statements(documents: Iterable[str]) -> Iterator[Statement]:
    """The statements of policy documents."""
    for document in documents:
        yield from _read(document)


@functools.lru_cache(maxsize=512)
def _policy(documents: tuple[str, ...]) -> Policy:
    """The policy of some documents; a role is judged at each of its calls."""
    return Policy(statements(documents))


@functools.lru_cache(maxsize=512)
def _read(document: str) -> tuple[Statement, ...]:
    found = json.loads(document)["Statement"]
    return tuple(found) if isinstance(found, list) else (found,)


@functools.cache
def of_aws(arn: str) -> str | None:
    """The document of a policy of AWS's, from moto's copy of them; None if moto does not know the name."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    # All of them take fifty times as long to read as the one that is asked for.
    start = aws_managed_policies_data.find(f'\n "{arn.rpartition("/")[2]}":')
    if ":iam::aws:policy/" not in arn or start < 0:
        return None
    begin = aws_managed_policies_data.index("{", start)
    policy, _ = json.JSONDecoder().raw_decode(aws_managed_policies_data, begin)
    return json.dumps(policy["Document"])
