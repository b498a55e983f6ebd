from __future__ import annotations

import pytest

from cdk_eks_cilium.values import CiliumValues, OperatorIdentity, identity_problems
from cdk_eks_cilium.versions import CiliumVersion


def problems(identity: OperatorIdentity, number: str, profile: str = "standard") -> list[str]:
    values = CiliumValues.model_validate({"profile": profile})
    found = identity_problems(identity, values, CiliumVersion.of(number), "cilium.operator_identity")
    return [str(problem) for problem in found]


@pytest.mark.parametrize("number", ["1.12.1", "1.15.19", "1.20.0"])
def test_irsa_fits_every_version(number: str) -> None:
    assert problems("irsa", number) == []
    assert problems("irsa", "1.12.1", "article") == []


@pytest.mark.parametrize("number", ["1.16.0", "1.18.12", "1.19.6", "1.20.0"])
def test_pod_identity_fits_from_1_16(number: str) -> None:
    assert problems("pod-identity", number) == []


def test_pod_identity_is_refused_where_the_sdk_is_older_than_it() -> None:
    assert problems("pod-identity", "1.15.19") == [
        "cilium.operator_identity: 'pod-identity' needs Cilium 1.16 or newer: the AWS SDK knows it since "
        "2023-11-14, and an operator of 1.15.19 may take the node's credentials instead, got "
        "'pod-identity'; use 'irsa', or a later Cilium"
    ]


def test_pod_identity_is_refused_in_the_article_s_profile() -> None:
    assert problems("pod-identity", "1.12.1", "article") == [
        "cilium.operator_identity: must be 'irsa' in profile 'article', which names the operator's role in "
        "its values, got 'pod-identity'; leave it out, or use profile 'standard'"
    ]


@pytest.mark.parametrize(("number", "refused"), [("1.17.18", 0), ("1.18.0", 1), ("1.18.1", 0), ("1.20.0", 0)])
def test_pod_identity_is_refused_where_cilium_redirects_the_agent_s_port(number: str, refused: int) -> None:
    values = CiliumValues(kube_proxy_replacement=True)
    found = list(identity_problems("pod-identity", values, CiliumVersion.of(number), "here"))

    assert len(found) == refused
    assert all("redirects traffic to ports of the host network" in str(one) for one in found)
    assert problems("pod-identity", number) == []
