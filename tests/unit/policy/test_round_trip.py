from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy import Policy, dump, load_policies, problems_for, read_text
from cdk_eks_cilium.versions import CiliumVersion, minors
from tests.unit.policy.strategies import policies

_any = st.sampled_from([CiliumVersion.newest_of(minor) for minor in minors()]).flatmap(
    lambda version: st.tuples(st.just(version), policies(version))
)
_thorough = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@_thorough
@given(_any)
def test_any_policy_is_dumped_and_loaded_without_loss(given: tuple[CiliumVersion, Policy]) -> None:
    version, policy = given
    (again,) = load_policies(read_text(dump([policy]), "file"), version)

    assert again == policy
    assert again.manifest() == policy.manifest()


@_thorough
@given(_any)
def test_nothing_is_wrong_with_what_a_release_takes(given: tuple[CiliumVersion, Policy]) -> None:
    version, policy = given

    assert problems_for(policy, version) == []
    assert problems_for(policy) == []
