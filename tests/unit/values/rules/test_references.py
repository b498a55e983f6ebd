from __future__ import annotations

from dataclasses import replace

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values import CiliumValues, References, helm_values
from cdk_eks_cilium.values.rules.references import reference_problems
from cdk_eks_cilium.versions import CiliumVersion


def test_whole_references_have_no_problem(refs: References) -> None:
    assert list(reference_problems(CiliumValues(kube_proxy_replacement=True), refs)) == []


def test_tokens_have_no_problem() -> None:
    token = "${Token[TOKEN.1]}"
    refs = References(
        cluster_name=token, operator_role_arn=token, subnet_ids=(token,), api_server_host=f"{token}/x"
    )
    assert list(reference_problems(CiliumValues(kube_proxy_replacement=True), refs)) == []


def test_an_empty_list_of_subnets_is_refused_because_cilium_would_take_any(refs: References) -> None:
    (problem,) = reference_problems(CiliumValues(), replace(refs, subnet_ids=()))
    assert str(problem) == (
        "cilium.subnet_ids: must name at least one pod subnet: without one Cilium takes any subnet of the "
        "zone, got []; pass the ids of the pod subnets"
    )


def test_a_list_token_for_subnets_is_refused(refs: References) -> None:
    (problem,) = reference_problems(CiliumValues(), replace(refs, subnet_ids=("#{Token[TOKEN.3]}",)))
    assert "a list that only the deployment knows cannot be written into a value" in str(problem)


def test_replacing_kube_proxy_needs_the_host_of_the_api(refs: References) -> None:
    lacking = replace(refs, api_server_host=None)
    (problem,) = reference_problems(CiliumValues(kube_proxy_replacement=True), lacking)
    assert str(problem) == (
        "cilium.kube_proxy_replacement: needs the host of the Kubernetes API: without kube-proxy agents "
        "cannot reach its service; pass api_server_host, the cluster's endpoint without 'https://'"
    )
    assert list(reference_problems(CiliumValues(), lacking)) == []


@pytest.mark.parametrize("host", ["https://abc.eks.amazonaws.com", "abc.eks.amazonaws.com/"])
def test_a_host_with_scheme_or_path_is_refused(refs: References, host: str) -> None:
    wrong = replace(refs, api_server_host=host)
    (problem,) = reference_problems(CiliumValues(kube_proxy_replacement=True), wrong)
    assert "must be a host without scheme and path" in str(problem)


def test_the_article_s_profile_needs_a_role_to_annotate(refs: References) -> None:
    values = CiliumValues(profile="article")
    (problem,) = reference_problems(values, replace(refs, operator_role_arn=None))
    assert str(problem).endswith("pass operator_role_arn, or use profile 'standard' with Pod Identity")


def test_problems_of_values_and_references_are_refused_together(refs: References) -> None:
    values = CiliumValues(overrides={"tunnel": "vxlan"})
    with pytest.raises(InputError) as caught:
        helm_values(values, CiliumVersion.DEFAULT, replace(refs, subnet_ids=(), cluster_name="default"))
    assert [problem.where for problem in caught.value.problems] == [
        "cilium.overrides.tunnel",
        "cilium.cluster_name",
        "cilium.subnet_ids",
    ]
