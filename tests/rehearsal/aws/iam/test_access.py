"""Calls are judged by the policies that the caller's role has at the time, and denied in AWS's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.cloudformation.failures import StackError
from tests.rehearsal.conftest import Deployment
from tests.rehearsal.roles import lambda_role, trusting

Make = Callable[..., Deployment]

LOOK = {"Sid": "Look", "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a"},
    },
}
OUTPUTS = {"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}, "Subnet": {"Value": {"Ref": "Subnet"}}}


def deployed(deployment: Make, *statements: dict[str, Any], **properties: Any) -> tuple[Deployment, Any, str]:
    """The deployment, EC2 as its role sees it, and a subnet."""
    app = deployment()
    resources = {"Role": lambda_role(*statements, **properties), **NETWORK}
    outputs = app.engine.create(app.stack(Resources=resources, Outputs=OUTPUTS)).outputs
    return app, client(app, outputs["Role"], "ec2"), outputs["Subnet"]


def client(app: Deployment, role: str, service: str) -> Any:
    return app.account.client(service, app.account.assume(role, "me"))


def tagged(team: str) -> dict[str, Any]:
    return {"ResourceType": "network-interface", "Tags": [{"Key": "team", "Value": team}]}


def refusal(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error: dict[str, Any] = caught.value.response
    return error


def test_a_call_that_a_statement_allows_is_answered(deployment: Make) -> None:
    app, ec2, subnet = deployed(deployment, LOOK)

    assert subnet in [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    assert app.account.access.denials == []


def test_ec2_denies_with_its_own_code_and_the_role_action_and_resource(deployment: Make) -> None:
    app, ec2, subnet = deployed(deployment, LOOK)

    error = refusal(ec2.create_network_interface, SubnetId=subnet)

    (denial,) = app.account.access.denials
    assert error["Error"]["Code"] == "UnauthorizedOperation"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert (
        "/me is not authorized to perform: ec2:CreateNetworkInterface on resource: "
        "arn:aws:ec2:eu-west-1:123456789012:network-interface/* because no identity-based policy allows the "
        "ec2:CreateNetworkInterface action"
    ) in error["Error"]["Message"]
    assert str(denial).endswith("identity-based policy: no statement allows the action")
    assert app.client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "resource"),
    [
        ("eks", "describe_cluster", {"name": "demo"}, "AccessDeniedException", "cluster/demo"),
        (
            "eks",
            "describe_addon",
            {"clusterName": "demo", "addonName": "vpc-cni"},
            "AccessDeniedException",
            "addon/demo/vpc-cni/",
        ),
        ("eks", "list_nodegroups", {"clusterName": "demo"}, "AccessDeniedException", "cluster/demo"),
        (
            "eks",
            "describe_nodegroup",
            {"clusterName": "demo", "nodegroupName": "workers"},
            "AccessDeniedException",
            "nodegroup/demo/workers/",
        ),
        ("cloudformation", "describe_stacks", {"StackName": "app"}, "AccessDenied", "stack/app/*"),
        ("s3", "get_object", {"Bucket": "assets", "Key": "a/b"}, "AccessDenied", "arn:aws:s3:::assets/a/b"),
        ("s3", "list_objects_v2", {"Bucket": "assets"}, "AccessDenied", "arn:aws:s3:::assets"),
    ],
)
def test_each_protocol_denies_with_its_code_and_names_the_resource(
    deployment: Make, service: str, operation: str, arguments: dict[str, str], code: str, resource: str
) -> None:
    app = deployment()
    made = app.engine.create(
        app.stack(Resources={"Role": lambda_role(LOOK)}, Outputs={"Role": OUTPUTS["Role"]})
    )

    error = refusal(getattr(client(app, made.outputs["Role"], service), operation), **arguments)

    assert error["Error"]["Code"] == code
    assert resource in error["Error"]["Message"]


def test_a_condition_that_fails_is_told_with_what_the_request_has(deployment: Make) -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "a"}}
    create = {
        "Sid": "Make",
        "Effect": "Allow",
        "Action": "ec2:Create*",
        "Resource": "*",
        "Condition": condition,
    }
    app, ec2, subnet = deployed(deployment, create)

    refusal(ec2.create_network_interface, SubnetId=subnet, TagSpecifications=[tagged("b")])

    (denial,) = app.account.access.denials
    assert denial.reason == (
        "statement Make allows it only where StringEquals aws:RequestTag/team 'a', got 'b'"
    )


def test_conditions_see_the_tags_and_the_vpc_of_a_resource(deployment: Make) -> None:
    vpc = {"Fn::Join": ["", ["arn:aws:ec2:eu-west-1:123456789012:vpc/", {"Ref": "Vpc"}]]}
    condition = {"StringEquals": {"aws:ResourceTag/team": "a"}, "ArnEquals": {"ec2:Vpc": vpc}}
    delete = {
        "Effect": "Allow",
        "Action": "ec2:DeleteNetworkInterface",
        "Resource": "arn:aws:ec2:*:*:network-interface/*",
        "Condition": condition,
    }
    app, ec2, subnet = deployed(deployment, delete)
    own, foreign = (
        app.client("ec2").create_network_interface(
            SubnetId=subnet,
            TagSpecifications=[
                {"ResourceType": "network-interface", "Tags": [{"Key": "team", "Value": team}]}
            ],
        )["NetworkInterface"]["NetworkInterfaceId"]
        for team in ("a", "b")
    )

    ec2.delete_network_interface(NetworkInterfaceId=own)
    error = refusal(ec2.delete_network_interface, NetworkInterfaceId=foreign)

    assert f"network-interface/{foreign}" in error["Error"]["Message"]


def test_an_attached_policy_counts_in_its_version_in_force(deployment: Make) -> None:
    def attached(action: str) -> dict[str, Any]:
        document = {"Version": "2012-10-17", "Statement": [{**LOOK, "Action": action}]}
        properties = {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        return {"Role": lambda_role(), "Policy": policy}

    app = deployment()
    outputs = {"Role": OUTPUTS["Role"]}
    made = app.engine.create(app.stack(Resources=attached("ec2:DescribeVpcs"), Outputs=outputs))
    ec2 = client(app, made.outputs["Role"], "ec2")
    ec2.describe_vpcs()
    refusal(ec2.describe_subnets)

    app.engine.update(app.stack(Resources=attached("ec2:DescribeSubnets"), Outputs=outputs))
    ec2.describe_subnets()
    refusal(ec2.describe_vpcs)


def test_a_boundary_must_allow_what_a_policy_allows(deployment: Make) -> None:
    boundary = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}],
            }
        },
    }
    role = lambda_role(LOOK, PermissionsBoundary={"Ref": "Boundary"})
    app = deployment()
    made = app.engine.create(
        app.stack(Resources={"Boundary": boundary, "Role": role}, Outputs={"Role": OUTPUTS["Role"]})
    )
    ec2 = client(app, made.outputs["Role"], "ec2")

    ec2.describe_vpcs()
    error = refusal(ec2.describe_subnets)

    assert error["Error"]["Message"].endswith(
        "because no permissions boundary allows the ec2:DescribeSubnets action"
    )


def test_an_explicit_deny_is_said(deployment: Make) -> None:
    deny = {"Sid": "Never", "Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    app, ec2, _ = deployed(deployment, LOOK, deny)

    error = refusal(ec2.describe_vpcs)

    assert error["Error"]["Message"].endswith("with an explicit deny in an identity-based policy")
    assert "statement Never denies it" in str(app.account.access.denials[0])


def test_a_policy_counts_from_its_creation_until_its_deletion(deployment: Make) -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "Look",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [LOOK]},
            "Roles": [{"Ref": "Role"}],
        },
    }
    app, ec2, _ = deployed(deployment)
    refusal(ec2.describe_vpcs)

    resources = {"Role": lambda_role(), **NETWORK}
    app.engine.update(app.stack(Resources={**resources, "Policy": policy}, Outputs=OUTPUTS))
    ec2.describe_vpcs()

    app.engine.update(app.stack(Resources=resources, Outputs=OUTPUTS))
    refusal(ec2.describe_vpcs)


def test_the_policies_of_aws_are_evaluated(deployment: Make) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    _, ec2, _ = deployed(deployment, ManagedPolicyArns=[arn])

    ec2.describe_network_interfaces()
    refusal(ec2.describe_vpcs)


def test_what_cannot_be_judged_is_said_and_not_denied(deployment: Make) -> None:
    app, ec2, _ = deployed(deployment, ManagedPolicyArns=["arn:aws:iam::aws:policy/Unheard"])
    stranger = client(app, "arn:aws:iam::123456789012:role/elsewhere", "ec2")

    ec2.describe_vpcs()
    ec2.describe_key_pairs()
    stranger.describe_vpcs()

    said = "\n".join(sorted(app.account.access.unjudged))
    assert "the content of arn:aws:iam::aws:policy/Unheard is unknown" in said
    assert "ec2:DescribeKeyPairs by role" in said
    assert "role elsewhere is not in the templates" in said
    assert app.account.access.denials == []


def test_the_rehearsal_s_own_calls_are_not_judged(deployment: Make) -> None:
    app = deployment()

    app.client("ec2").describe_vpcs()

    assert app.account.access.calls == []


def function(**more: Any) -> dict[str, Any]:
    properties = {
        "Code": {"ZipFile": "def handler(e, c): pass"},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        **more,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def refused(app: Deployment, **resources: Any) -> str:
    with pytest.raises(StackError) as caught:
        app.engine.create(app.stack(Resources=resources))
    return caught.value.reasons["Function"]


def test_lambda_refuses_a_role_that_does_not_trust_it(deployment: Make) -> None:
    role = lambda_role(LOOK, AssumeRolePolicyDocument=trusting("ec2.amazonaws.com"))

    reason = refused(deployment(), Role=role, Function=function())

    assert "The role defined for the function cannot be assumed by Lambda" in reason
    assert "does not let lambda.amazonaws.com sts:AssumeRole" in reason


def test_lambda_refuses_a_role_without_the_rights_for_interfaces(deployment: Make) -> None:
    network = {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": []}

    reason = refused(deployment(), Role=lambda_role(LOOK), Function=function(VpcConfig=network), **NETWORK)

    assert "does not have permissions to call CreateNetworkInterface on EC2" in reason


def test_a_trust_policy_must_allow_the_session_tags_too(deployment: Make) -> None:
    tag = {"aws:RequestTag/kubernetes-namespace": "kube-system"}
    trust = trusting("pods.eks.amazonaws.com")
    trust["Statement"][0]["Condition"] = {"StringEquals": tag}
    app = deployment()
    role = lambda_role(AssumeRolePolicyDocument=trust)
    made = app.engine.create(app.stack(Resources={"Role": role}, Outputs={"Role": OUTPUTS["Role"]}))

    def distrust(action: str, keys: dict[str, str], who: str = "pods.eks.amazonaws.com") -> str:
        return app.account.access.distrust(made.outputs["Role"], "Service", who, action, keys)

    assert distrust("sts:AssumeRole", tag) == ""
    assert "got nothing" in distrust("sts:AssumeRole", {})
    assert distrust("sts:TagSession", tag).endswith("no statement allows the action")
    assert distrust("sts:AssumeRole", tag, "lambda.amazonaws.com").endswith("no statement allows the action")
