"""A missing right of any role is found: each action is taken out of each role in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.iam.access import Call, denied
from rehearsal.aws.iam.evaluator import Policy, Statement
from rehearsal.aws.iam.policies import RolePolicies, of_aws, statements
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, find, remove, synthesize
from tests.rehearsal.mistakes import reasons, rehearse_broken

pytestmark = pytest.mark.slow

UNUSED = {
    "eks:DescribeNodegroup": "a first deploy finds no group; test_node_counts.py has the second",
    "lambda:GetFunction": "CDK's framework asks only while the function that it calls is not active",
}
"""Actions that a deployment grants and does not use, with the reason."""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


@dataclass(frozen=True)
class Recorded:
    """The calls of one rehearsal, and the policies of the roles that made them, by the role's ARN.

    `of_aws` has the statements of AWS's own policies, which no template can change.
    """

    calls: list[Call]
    policies: dict[str, RolePolicies]
    of_aws: list[Statement]

    def denials(self, role: str, policies: RolePolicies) -> list[str]:
        """What would be denied if the role had other policies."""
        mine = [call for call in self.calls if call.caller.role_arn == role]
        found = (denied(call.caller, policies, part) for call in mine for part in call.requests)
        return [str(each) for each in found if each]

    def written(self, policies: RolePolicies) -> RolePolicies:
        """What the template itself gives the role, without AWS's policies."""
        return replace(policies, identity=Policy(one for one in policies.identity if one not in self.of_aws))


@pytest.fixture(scope="module")
def recorded(assembly: Path) -> Recorded:
    """One rehearsal with an interface left behind, so that the sweep deletes one."""
    accounts: list[Account] = []
    every: dict[str, RolePolicies] = {}

    def inspect(account: Account) -> None:
        accounts.append(account)
        for role in account.client("iam").list_roles()["Roles"]:
            known = account.access.policies.of_role(role["Arn"])
            assert known
            every[role["Arn"]] = known

    report = rehearse(assembly, options=Options(orphan_enis=1), inspect=inspect)
    assert report.problems == []
    access = accounts[0].access
    attached = {arn for arns in access.policies.of_aws.values() for arn in arns}
    called = {call.caller.role_arn for call in access.calls}
    policies = {role: own for role, own in every.items() if role in called}
    return Recorded(access.calls, policies, list(statements(filter(None, map(of_aws, attached)))))


def without(policies: RolePolicies, action: str) -> RolePolicies:
    """The policies with one action taken out of each statement."""
    return replace(policies, identity=Policy(_without(policies.identity, action)))


def _without(given: tuple[Statement, ...], action: str) -> Iterator[Statement]:
    for one in given:
        if rest := [each for each in actions(one) if each != action]:
            yield {**one, "Action": rest}


def actions(statement: Statement) -> list[str]:
    given: Any = statement["Action"]
    return [given] if isinstance(given, str) else list(given)


def test_the_recorded_calls_are_allowed_as_they_are(recorded: Recorded) -> None:
    assert len(recorded.calls) > 50
    assert [each for role, own in recorded.policies.items() for each in recorded.denials(role, own)] == []


def test_each_action_that_is_taken_out_of_a_role_is_missed(recorded: Recorded) -> None:
    taken, unnoticed = 0, []
    for role, own in recorded.policies.items():
        written = {action for one in recorded.written(own).identity for action in actions(one)}
        for action in sorted(written - set(UNUSED)):
            taken += 1
            if not any(action in denial for denial in recorded.denials(role, without(own, action))):
                unnoticed.append(f"{role}: {action}")

    assert taken >= 20
    assert unnoticed == []


def test_a_function_in_a_vpc_needs_the_policy_of_aws_for_it(recorded: Recorded) -> None:
    missed = {
        role.rpartition("/")[2].removeprefix("platform-cluster-PlatformC")[:12]
        for role, own in recorded.policies.items()
        if any("interface/*" in each for each in recorded.denials(role, recorded.written(own)))
    }

    assert missed == {"iliumAwsNode", "iliumRelease", "ontrolPlaneK"}


def test_each_statement_of_the_operator_is_needed(recorded: Recorded) -> None:
    (role,) = [role for role in recorded.policies if "OperatorRole" in role]
    own = recorded.policies[role]
    names = {one["Sid"] for one in own.identity}
    needed = {
        one["Sid"]
        for one in own.identity
        if recorded.denials(role, replace(own, identity=Policy(each for each in own.identity if each != one)))
    }

    # EKS tags the instances of managed groups; instances of other groups have Cilium's tag.
    assert names - needed == {"AttachToTaggedNodes"}


def test_the_operator_without_a_right_leaves_nodes_without_interfaces(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        policy = template["Resources"][find(template, "AWS::IAM::Policy", "OperatorRole")]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Sid"] == "TagInterfaceWhenCreated":
                statement["Condition"]["StringEquals"]["ec2:CreateAction"] = "RunInstances"

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    said = reasons(report)
    assert "cilium-operator: role platform-cluster-PlatformCiliumOperatorRole" in said
    assert "may not ec2:CreateTags on arn:aws:ec2:eu-west-1:" in said
    assert "where StringEquals ec2:CreateAction 'RunInstances', got 'CreateNetworkInterface'" in said


def test_an_operator_whose_role_trusts_another_service_account_gets_no_credentials(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        role = template["Resources"][find(template, "AWS::IAM::Role", "OperatorRole")]
        trust = role["Properties"]["AssumeRolePolicyDocument"]["Fn::Sub"]
        trust[0] = trust[0].replace("kube-system:cilium-operator", "default:cilium-operator")

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "cilium-operator gets no credentials: role platform-cluster-PlatformCiliumOperatorRole" in reasons(
        report
    )
    assert ":sub 'system:serviceaccount:default:cilium-operator'" in reasons(report)


def test_a_kubectl_handler_without_its_policy_cannot_ask_eks(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "AWS::IAM::Policy", "KubectlProviderHandlerServiceRoleDefaultPolicy"))

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "may not eks:DescribeCluster on arn:aws:eks:eu-west-1:" in reasons(report)
