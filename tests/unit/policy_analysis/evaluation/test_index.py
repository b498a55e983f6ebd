from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.model import LabelSelector, Requirement
from cdk_eks_cilium.policy_analysis.evaluation.index import LabelIndex, bits, members
from cdk_eks_cilium.policy_analysis.evaluation.labels import matcher, workload_labels
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

TEAM = "io.cilium.k8s.namespace.labels.team"
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["x", "y"]))
WORKLOADS = st.builds(Workload, st.sampled_from(["known", "open"]), st.just("pod"), LABELS)
KEYS = st.sampled_from(["app", "k8s:tier", TEAM, f"k8s:{TEAM}", "k8s:io.kubernetes.pod.namespace", "none"])
VALUES = st.lists(st.sampled_from(["x", "y", "open"]), min_size=1, max_size=2).map(tuple)
REQUIREMENTS = st.one_of(
    st.builds(Requirement, key=KEYS, operator=st.sampled_from(["In", "NotIn"]), values=VALUES),
    st.builds(Requirement, key=KEYS, operator=st.sampled_from(["Exists", "DoesNotExist"])),
)
SELECTORS = st.builds(
    LabelSelector,
    match_labels=st.dictionaries(KEYS, st.sampled_from(["x", "y", "open"]), max_size=2),
    match_expressions=st.lists(REQUIREMENTS, max_size=2).map(tuple),
)


@given(st.lists(WORKLOADS, max_size=12), SELECTORS)
def test_an_index_chooses_what_the_selector_matches(some: list[Workload], selector: LabelSelector) -> None:
    inventory = Inventory(tuple(some), {"known": {"team": "x"}})
    sides = [workload_labels(each, inventory) for each in some]
    chosen = matcher(selector)
    answers = [chosen.matches(each) for each in sides]
    assert LabelIndex(sides).choose(chosen) == (
        bits(number for number, answer in enumerate(answers) if answer),
        bits(number for number, answer in enumerate(answers) if answer is not False),
    )


@given(st.sets(st.integers(0, 300)))
def test_the_members_of_a_set_are_its_numbers_in_order(numbers: set[int]) -> None:
    assert list(members(bits(numbers))) == sorted(numbers)
