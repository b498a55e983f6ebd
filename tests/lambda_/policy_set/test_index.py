from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import FakeContext, Serve
from tests.lambda_.policy_set.conftest import OWNER, PATH, PolicyServer, digest, policy, properties


def counts(result: dict[str, Any]) -> tuple[str, str, str]:
    return result["Data"]["Applied"], result["Data"]["Unchanged"], result["Data"]["Removed"]


def test_create_applies_the_policies_in_their_order(api: PolicyServer, serve: Serve) -> None:
    result = serve(api, "Create", policy("z-deny"), policy("a-web"))
    assert result["PhysicalResourceId"] == "policy-set/demo/team-a/team-a"
    assert counts(result) == ("2", "0", "0")
    assert api.asked("PATCH") == ["z-deny", "a-web"]


def test_a_policy_is_applied_as_the_servers_own_merge_wants_it(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("web"))
    (request,) = [each for each in api.requests if each.method == "PATCH"]
    assert request.path == f"{PATH}/web?fieldManager=cdk-eks-cilium&force=true"
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert request.body["metadata"] == {
        "name": "web",
        "labels": {OWNER: "team-a"},
        "annotations": {"cdk-eks-cilium/digest": digest(policy("web"))},
    }
    assert request.body["spec"] == policy("web")["spec"]


def test_own_labels_and_annotations_stay_beside_the_marks(api: PolicyServer, serve: Serve) -> None:
    given = policy("web")
    given["metadata"] |= {"labels": {"a": "b"}, "annotations": {"c": "d"}}
    serve(api, "Create", given)
    metadata = api.objects[f"{PATH}/web"]["metadata"]
    assert metadata["labels"] == {"a": "b", OWNER: "team-a"}
    assert metadata["annotations"]["c"] == "d"


def test_update_sends_nothing_for_a_policy_that_is_up_to_date(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"), policy("b"), policy("c"))
    api.requests.clear()
    result = serve(api, "Update", policy("a"), policy("b", egress=[{}]), policy("c"))
    assert counts(result) == ("1", "2", "0")
    assert api.asked("PATCH") == ["b"]


def test_what_somebody_changed_is_put_right(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"), policy("b"))
    api.objects[f"{PATH}/a"]["spec"]["ingress"] = [{"fromEntities": ["all"]}]
    api.objects[f"{PATH}/b"]["metadata"]["labels"] = {OWNER: "team-a", "x": "y"}
    result = serve(api, "Update", policy("a"), policy("b"))
    assert counts(result) == ("1", "1", "0")
    assert api.objects[f"{PATH}/a"]["spec"]["ingress"] == [{}]


def test_rules_that_somebody_added_go(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    api.objects[f"{PATH}/a"]["spec"]["egress"] = [{"toEntities": ["all"]}]
    api.foreign = {"egress"}
    assert counts(serve(api, "Update", policy("a"))) == ("1", "0", "0")
    assert api.objects[f"{PATH}/a"]["spec"] == policy("a")["spec"]
    assert counts(serve(api, "Update", policy("a"))) == ("0", "1", "0")


def test_further_specs_that_somebody_added_go(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    api.objects[f"{PATH}/a"]["specs"] = [policy("b")["spec"]]
    assert counts(serve(api, "Update", policy("a"))) == ("1", "0", "0")
    assert "specs" not in api.objects[f"{PATH}/a"]


def test_labels_of_others_outlive_a_replacement_of_rules(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    api.objects[f"{PATH}/a"]["spec"]["egress"] = [{}]
    api.foreign = {"egress"}
    api.webhook = lambda made: made["metadata"]["labels"].update(x="y")
    serve(api, "Update", policy("a"))
    assert api.objects[f"{PATH}/a"]["metadata"]["labels"]["x"] == "y"


def test_a_webhook_that_changes_rules_is_reported(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.webhook = lambda made: made["spec"].update(ingress=[{"fromEntities": ["all"]}])
    with pytest.raises(code.errors.PermanentError) as caught:
        serve(api, "Update", policy("a"))
    assert str(caught.value) == (
        "Policy a in namespace team-a of cluster demo: must be stored as it is declared, and "
        "spec.ingress[0].fromEntities is stored otherwise; see which webhook changes it (kubectl get "
        "mutatingwebhookconfigurations), and exempt policies of label cdk-eks-cilium/policy-set, then deploy "
        "again"
    )


def test_a_field_that_the_server_fills_in_is_no_contradiction(api: PolicyServer, serve: Serve) -> None:
    api.webhook = lambda made: made["spec"].setdefault("log", "none")
    assert counts(serve(api, "Create", policy("a"))) == ("1", "0", "0")


def test_an_icmp_policy_is_unchanged_at_the_next_update(api: PolicyServer, serve: Serve) -> None:
    pings = policy("a", ingress=[{"icmps": [{"fields": [{"type": 8}]}]}])
    serve(api, "Create", pings)
    assert api.objects[f"{PATH}/a"]["spec"]["ingress"][0]["icmps"][0]["fields"][0]["family"] == "IPv4"
    assert counts(serve(api, "Update", pings)) == ("0", "1", "0")


def test_a_label_that_is_no_longer_wanted_is_a_change(api: PolicyServer, serve: Serve) -> None:
    labelled = policy("a")
    labelled["metadata"]["labels"] = {"a": "b"}
    serve(api, "Create", labelled)
    assert counts(serve(api, "Update", policy("a"))) == ("1", "0", "0")
    assert api.objects[f"{PATH}/a"]["metadata"]["labels"] == {OWNER: "team-a"}


def test_policies_left_out_are_deleted_after_the_others_are_applied(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("old"), policy("stays"))
    api.requests.clear()
    result = serve(api, "Update", policy("stays"), policy("new"))
    assert counts(result) == ("1", "1", "1")
    assert [request.method for request in api.requests] == ["GET", "PATCH", "DELETE"]
    assert api.names == ["new", "stays"]


def test_policies_of_others_stay(api: PolicyServer, serve: Serve) -> None:
    api.put("by-hand", owner=None)
    api.put("of-b", owner="team-b")
    serve(api, "Create", policy("a"))
    serve(api, "Update", policy("b"))
    serve(api, "Delete", policy("b"))
    assert api.names == ["by-hand", "of-b"]


def test_a_name_that_belongs_to_others_is_refused_before_anything_changes(
    api: PolicyServer, serve: Serve, code: SimpleNamespace
) -> None:
    api.put("by-hand", owner=None)
    api.put("of-b", owner="team-b")
    with pytest.raises(code.errors.PermanentError) as caught:
        serve(api, "Create", policy("first"), policy("by-hand"), policy("of-b"))
    assert str(caught.value).splitlines() == [
        "Policy by-hand in namespace team-a of cluster demo: must not exist yet, and was made by somebody "
        "else; rename one of the two, or hand it over (kubectl label ciliumnetworkpolicies by-hand "
        "cdk-eks-cilium/policy-set=team-a --overwrite), then deploy again",
        "Policy of-b in namespace team-a of cluster demo: must not exist yet, and belongs to the set "
        "team-b; rename one of the two, or hand it over (kubectl label ciliumnetworkpolicies of-b "
        "cdk-eks-cilium/policy-set=team-a --overwrite), then deploy again",
    ]
    assert api.asked("PATCH") == []


def test_a_set_that_was_left_behind_is_taken_up_again(api: PolicyServer, serve: Serve) -> None:
    api.put("a", owner="team-a")
    api.put("former", owner="team-a")
    assert counts(serve(api, "Create", policy("a"))) == ("1", "0", "1")
    assert api.names == ["a"]


def test_delete_removes_exactly_what_belongs_to_the_set(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"), policy("b"))
    api.put("by-hand", owner=None)
    result = serve(api, "Delete")
    assert counts(result) == ("0", "0", "2")
    assert result["PhysicalResourceId"] == "policy-set/demo/team-a/team-a"
    assert api.names == ["by-hand"]


def test_delete_can_be_repeated(api: PolicyServer, serve: Serve) -> None:
    serve(api, "Create", policy("a"))
    serve(api, "Delete", policy("a"))
    assert counts(serve(api, "Delete", policy("a"))) == ("0", "0", "0")


def test_create_can_be_repeated(api: PolicyServer, serve: Serve) -> None:
    first = serve(api, "Create", policy("a"))
    again = serve(api, "Create", policy("a"))
    assert first["PhysicalResourceId"] == again["PhysicalResourceId"]
    assert counts(again) == ("0", "1", "0")


def test_without_a_namespace_the_policies_are_clusterwide(api: PolicyServer, serve: Serve) -> None:
    given = policy("everywhere", kind="CiliumClusterwideNetworkPolicy")
    result = serve(api, "Create", given, Namespace=None)
    assert result["PhysicalResourceId"] == "policy-set/demo/clusterwide/team-a"
    assert list(api.objects) == ["/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies/everywhere"]


def test_lists_of_several_pages_are_read_to_their_end(
    api: PolicyServer, serve: Serve, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code.policy_api, "PAGE", 2)
    many = [policy(f"p{number}") for number in range(5)]
    serve(api, "Create", *many)
    api.requests.clear()
    assert counts(serve(api, "Update", *many)) == ("0", "5", "0")
    assert [request.method for request in api.requests] == ["GET"] * 3


def test_a_set_without_policies_is_valid(api: PolicyServer, serve: Serve) -> None:
    assert counts(serve(api, "Create")) == ("0", "0", "0")


def test_another_namespace_or_owner_makes_another_resource(api: PolicyServer, serve: Serve) -> None:
    old = properties(policy("a"))
    moved = serve(api, "Update", policy("a"), old=old, Namespace="team-b")
    assert moved["PhysicalResourceId"] == "policy-set/demo/team-b/team-a"
    renamed = serve(api, "Update", policy("c"), old=old, Owner="others")
    assert renamed["PhysicalResourceId"] == "policy-set/demo/team-a/others"


def test_the_physical_id_stays_while_namespace_and_owner_stay(api: PolicyServer, serve: Serve) -> None:
    result = serve(api, "Update", policy("a"), old=properties(policy("b")), known="an-id-of-before")
    assert result["PhysicalResourceId"] == "an-id-of-before"


def test_a_function_timeout_without_room_for_the_reserve_is_refused(code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError, match=r"function timeout: must be over 25 s, got 25\.0 s"):
        code.index.handler({"RequestType": "Create"}, FakeContext(25))


def test_neither_policies_nor_secrets_are_logged(
    api: PolicyServer, serve: Serve, caplog: pytest.LogCaptureFixture, role: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secretive = policy("a", description="a-description-of-ours")
    serve(api, "Create", secretive)
    assert "a-description-of-ours" not in caplog.text
    assert "k8s-aws-v1" not in caplog.text
    assert role["AWS_SECRET_ACCESS_KEY"] not in caplog.text
    (last,) = [record.message for record in caplog.records if record.name == "policy_set"]
    assert json.loads(last) == {
        "Applied": "1",
        "Unchanged": "0",
        "Removed": "0",
        "applied": ["a"],
        "removed": [],
    }


def test_an_answer_of_hundreds_of_policies_is_short(api: PolicyServer, serve: Serve) -> None:
    many = [policy(f"a-rather-long-name-of-a-policy-number-{number}") for number in range(300)]
    result = serve(api, "Create", *many)
    assert counts(result) == ("300", "0", "0")
    # CloudFormation takes 4096 bytes.
    assert len(json.dumps(result)) < 300
    assert len(api.requests) == 1 + 300
