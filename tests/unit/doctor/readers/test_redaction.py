"""Names and accounts are gone after redaction, equal names stay equal, and the rest stays as it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.readers.dumps.redaction import SYSTEM, Redaction
from tests.unit.doctor.world import owned, thing

STAND_INS = re.compile(r"(ns|pod|replicaset)-.*")
NAMES = st.from_regex(r"[a-z][a-z0-9-]{4,10}[a-z0-9]", fullmatch=True).filter(
    lambda text: text not in SYSTEM and not STAND_INS.fullmatch(text)
)


def redaction(salt: str = "salt") -> Redaction:
    """One that knows a pod, its owner and its namespace."""
    found = Redaction(salt)
    meta = {"metadata": {"ownerReferences": owned("ReplicaSet", "shop-6d4c")}}
    found.learn([thing(kinds.NAMESPACES, "payments"), thing(kinds.NAMESPACES, "kube-system")], "Namespace")
    found.learn([thing(kinds.PODS, "shop-6d4c-x2x", "payments", **meta)], "Pod")
    found.learn([thing(kinds.PODS, "cilium-abc", "kube-system")], "Pod")
    return found


@pytest.mark.parametrize(
    "text",
    [
        "payments/shop-6d4c-x2x",
        "k8s:io.kubernetes.pod.namespace=payments",
        "shop-6d4c-x2x.payments.svc.cluster.local",
        'msg="endpoint of payments/shop-6d4c-x2x." pod=shop-6d4c-x2x',
        "http://shop-6d4c.payments:8080/",
    ],
)
def test_a_name_is_replaced_wherever_it_is_a_word(text: str) -> None:
    found = redaction().text(text)
    assert not re.search(r"payments|shop", found)
    stand_in = redaction().name("payments")
    assert ("payments" in text) == (stand_in in found)


@pytest.mark.parametrize(
    "text", ["kube-system/cilium-abc", "payments2", "shop-6d4c-x2xy", "10.0.1.7", "5f3a9c:1.19.6", ""]
)
def test_what_is_no_name_of_theirs_stays(text: str) -> None:
    assert redaction().text(text) == text


def test_accounts_are_replaced_and_those_of_eks_stay() -> None:
    found = redaction()
    text = found.text("arn:aws:iam::111122223333:role/op 602401143452.dkr.ecr.eu-west-1.amazonaws.com")
    assert re.fullmatch(
        r"arn:aws:iam::\d{12}:role/op 602401143452\.dkr\.ecr\.eu-west-1\.amazonaws\.com", text
    )
    assert "111122223333" not in text
    assert found.text("111122223333") == text[13:25]


def test_another_salt_gives_other_stand_ins() -> None:
    assert redaction("a").name("payments") != redaction("b").name("payments")


def test_options_of_cilium_stay_where_a_namespace_has_the_name_of_a_word() -> None:
    found = redaction()
    found.learn([thing(kinds.NAMESPACES, "eni")], "Namespace")
    config = thing(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", "kube-system", data={"ipam": "eni"})
    assert found.object(config) == config


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_no_learned_name_is_left_as_a_word(names: list[str]) -> None:
    found = Redaction("salt")
    found.learn([thing(kinds.PODS, name, "payments") for name in names], "Pod")
    text = found.text(" / ".join(names) + "," + ":".join(names))
    assert not {*re.findall(r"[a-z0-9][-a-z0-9]*", text)} & {*names}
