"""The boot data of each image."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from cdk_eks_cilium.nodes import AL2, AL2023, BOTTLEROCKET


def test_bottlerocket_reads_toml() -> None:
    assert tomllib.loads(BOTTLEROCKET.boot_data(58)) == {"settings": {"kubernetes": {"max-pods": 58}}}


def test_al2023_reads_a_node_config() -> None:
    assert yaml.safe_load(AL2023.boot_data(58)) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"kubelet": {"config": {"maxPods": 58}}},
    }


def test_the_script_of_al2_is_one_that_bash_can_read() -> None:
    done = subprocess.run(
        ["bash", "-n"], input=AL2.boot_data(58), text=True, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; the image has it")
def test_the_script_of_al2_stops_eks_own_table_and_writes_ours(tmp_path: Path) -> None:
    bootstrap = tmp_path / "bootstrap.sh"
    bootstrap.write_text('#!/bin/bash\nUSE_MAX_PODS="${USE_MAX_PODS:-true}"\nother=1\n')
    kubelet = tmp_path / "kubelet-config.json"
    kubelet.write_text('{"kind": "KubeletConfiguration", "maxPods": 29}')
    script = AL2.boot_data(58).replace("/etc/eks/bootstrap.sh", str(bootstrap))
    script = script.replace("/etc/kubernetes/kubelet/kubelet-config.json", str(kubelet))

    subprocess.run(["bash"], input=script, text=True, check=True)

    assert bootstrap.read_text() == '#!/bin/bash\nUSE_MAX_PODS="false"\nother=1\n'
    assert json.loads(kubelet.read_text()) == {"kind": "KubeletConfiguration", "maxPods": 58}
