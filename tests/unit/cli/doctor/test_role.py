"""``doctor role``: the rights that the doctor needs."""

from __future__ import annotations

import json

import pytest
import yaml

from cdk_eks_cilium.cli import main


def test_it_prints_manifests_for_kubectl(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "role", "--only", "aws-node-runs", "--group", "auditors"]) == 0
    role, binding = yaml.safe_load_all(capsys.readouterr().out)
    assert (role["kind"], binding["kind"]) == ("ClusterRole", "ClusterRoleBinding")
    assert role["rules"][0] == {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}
    assert binding["subjects"][0]["name"] == "auditors"


def test_json_is_the_same_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "role"])
    manifests = list(yaml.safe_load_all(capsys.readouterr().out))
    main(["doctor", "role", "--json"])
    assert json.loads(capsys.readouterr().out) == manifests


def test_the_policy_of_iam_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "role", "--aws"]) == 0
    assert json.loads(capsys.readouterr().out)["Version"] == "2012-10-17"


def test_metrics_are_no_part_of_iam(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "role", "--aws", "--metrics"])
    assert ended.value.code == 2
    assert "--metrics goes with the role of Kubernetes, not with --aws" in capsys.readouterr().err
