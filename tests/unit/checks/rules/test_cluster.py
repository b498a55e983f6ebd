"""Rules about a control plane."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.checks.rules.good_template import LOG_TYPES, Template, fixes, properties, reported

LATE = {"Fn::If": ["Open", ["0.0.0.0/0"], ["8.8.8.0/24"]]}


def network(template: Template, **given: Any) -> None:
    properties(template, "Cluster")["ResourcesVpcConfig"] = given


def logs(template: Template, *kinds: str) -> None:
    types = [{"Type": kind} for kind in kinds]
    properties(template, "Cluster")["Logging"] = {"ClusterLogging": {"EnabledTypes": types}}


@pytest.mark.parametrize("public", [{}, {"EndpointPublicAccess": True}, {"EndpointPublicAccess": "true"}])
@pytest.mark.parametrize("blocks", [{}, {"PublicAccessCidrs": []}])
def test_cec014_an_api_whose_ranges_are_left_to_eks(
    public: dict[str, Any], blocks: dict[str, Any], template: Template
) -> None:
    network(template, **public, **blocks)

    assert reported(template) == [
        (
            "CEC014",
            "Cluster",
            "its Kubernetes API is open to the whole internet: PublicAccessCidrs are left out",
        )
    ]
    assert fixes(template) == [
        "name the ranges that people come from, or turn EndpointPublicAccess off",
    ]


@pytest.mark.parametrize(
    "blocks",
    [
        ["0.0.0.0/0"],
        ["8.8.8.0/24", "0.0.0.0/0"],
        ["::/0"],
        ["128.0.0.0/1", "0.0.0.0/1"],
        ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"],
        ["0.0.0.0/0", {"Ref": "Office"}],
    ],
)
def test_cec014_an_api_whose_ranges_are_everything(blocks: list[Any], template: Template) -> None:
    network(template, EndpointPublicAccess=True, PublicAccessCidrs=blocks)

    ((rule, resource, text),) = reported(template)
    assert (rule, resource) == ("CEC014", "Cluster")
    assert text == (
        "its Kubernetes API is open to the whole internet: "
        f"PublicAccessCidrs are {', '.join(map(str, blocks))}"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"EndpointPublicAccess": False},
        {"EndpointPublicAccess": "false", "PublicAccessCidrs": ["0.0.0.0/0"]},
        {"PublicAccessCidrs": ["8.8.8.0/24", "2001:db8::/32"]},
        {"PublicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/2"]},
        {"PublicAccessCidrs": [{"Ref": "Office"}]},
        {"PublicAccessCidrs": LATE},
        {"EndpointPublicAccess": {"Ref": "Public"}},
    ],
)
def test_cec014_ranges_of_somebody_and_what_only_a_deploy_knows_are_fine(
    given: dict[str, Any], template: Template
) -> None:
    network(template, **given)

    assert reported(template) == []


def test_cec015_types_of_log_that_are_off_are_named(template: Template) -> None:
    logs(template, "scheduler", "api", "controllerManager")

    assert reported(template) == [
        ("CEC015", "Cluster", "its control plane does not log audit, authenticator")
    ]
    assert fixes(template) == ["name all five types in Logging, as cluster_logging does"]


@pytest.mark.parametrize(
    "logging", [None, {}, {"ClusterLogging": {}}, {"ClusterLogging": {"EnabledTypes": []}}]
)
def test_cec015_a_control_plane_that_logs_nothing(logging: Any, template: Template) -> None:
    properties(template, "Cluster")["Logging"] = logging

    assert reported(template) == [
        ("CEC015", "Cluster", f"its control plane does not log {', '.join(LOG_TYPES)}"),
    ]


@pytest.mark.parametrize(
    "logging", [LATE, {"ClusterLogging": LATE}, {"ClusterLogging": {"EnabledTypes": LATE}}]
)
def test_cec015_takes_on_trust_what_only_a_deploy_knows(logging: Any, template: Template) -> None:
    properties(template, "Cluster")["Logging"] = logging

    assert reported(template) == []


@pytest.mark.parametrize("config", [None, []])
def test_cec016_secrets_without_a_key_of_the_account(config: Any, template: Template) -> None:
    properties(template, "Cluster")["EncryptionConfig"] = config

    assert reported(template) == [
        (
            "CEC016",
            "Cluster",
            "its Kubernetes secrets are encrypted with a key of AWS, which the account cannot revoke",
        )
    ]
    assert fixes(template) == ["name a KMS key in EncryptionConfig, as secrets_encryption_key does"]


def test_cec017_a_log_group_that_eks_makes(template: Template) -> None:
    properties(template, "Logs")["LogGroupName"] = "/aws/eks/other/cluster"

    assert reported(template) == [
        (
            "CEC017",
            "Cluster",
            "EKS makes its log group /aws/eks/shop/cluster, which keeps everything for ever and outlives the "
            "stack",
        )
    ]
    assert fixes(template) == [
        "add a log group of that name with a retention, and let the cluster depend on it"
    ]


def test_cec017_a_log_group_that_the_cluster_does_not_wait_for(template: Template) -> None:
    del template["Resources"]["Cluster"]["DependsOn"]

    assert reported(template) == [
        (
            "CEC017",
            "Cluster",
            "EKS can make its log group /aws/eks/shop/cluster before Logs does, which then fails",
        )
    ]
    assert fixes(template) == ["let the cluster depend on Logs"]


@pytest.mark.parametrize("name", [None, {"Ref": "Name"}])
def test_cec017_cannot_judge_a_name_that_is_not_known(name: Any, template: Template) -> None:
    properties(template, "Cluster")["Name"] = name
    del template["Resources"]["Logs"], template["Resources"]["Cluster"]["DependsOn"]

    assert reported(template) == []


def test_cec017_asks_for_no_log_group_where_nothing_is_logged(template: Template) -> None:
    logs(template)
    del template["Resources"]["Logs"], template["Resources"]["Cluster"]["DependsOn"]

    assert [rule for rule, _, _ in reported(template)] == ["CEC015"]
