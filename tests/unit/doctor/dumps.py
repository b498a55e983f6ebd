"""Dumps of a world, as the programs that make them lay them out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Objects
from tests.unit.doctor.world import Thing, World

STAMP = "20261130-120000"

_SYSDUMP = {
    kinds.NODES: "k8s-nodes",
    kinds.PODS: "k8s-pods",
    kinds.NAMESPACES: "k8s-namespaces",
    kinds.SERVICES: "k8s-services",
    kinds.EVENTS: "k8s-events",
    kinds.NETWORK_POLICIES: "k8s-networkpolicies",
    kinds.CILIUM_NODES: "ciliumnodes",
    kinds.CILIUM_ENDPOINTS: "ciliumendpoints",
    kinds.CILIUM_IDENTITIES: "ciliumidentities",
    kinds.CILIUM_POLICIES: "ciliumnetworkpolicies",
    kinds.CILIUM_CLUSTERWIDE_POLICIES: "ciliumclusterwidenetworkpolicies",
}
"""Lists that a sysdump has whole: cilium-cli/sysdump/constants.go."""


def objects_of(world: World) -> dict[Objects, list[Thing]]:
    """The readings of objects, with the objects."""
    return {reading: found for reading, found in world.things.items() if isinstance(reading, Objects)}


def list_of(items: Sequence[Thing]) -> Thing:
    """The items as ``kubectl get`` prints them."""
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}


def typed_list(reading: Objects, items: Iterable[Thing]) -> Thing:
    """The items as a program in Go writes its list: without their kind, which comes last."""
    api = f"{reading.group}/{reading.version}" if reading.group else reading.version
    bare = [
        {key: value for key, value in each.items() if key not in ("kind", "apiVersion")} for each in items
    ]
    return {
        "apiVersion": api,
        "items": bare,
        "kind": f"{reading.kind}List",
        "metadata": {"resourceVersion": "7"},
    }


def write_kubectl(folder: Path, world: World, form: str = "json") -> None:
    """A file of ``kubectl get -A -o json`` or yaml for each kind, named by its plural."""
    folder.mkdir(exist_ok=True, parents=True)
    for reading, found in objects_of(world).items():
        write(folder / f"{reading.plural}.{form}", list_of(found))
    version = world.things[ApiVersion()][0]
    write(folder / f"version.{form}", {"clientVersion": {}, "serverVersion": version})


def write_aws(folder: Path, world: World) -> None:
    """A file of ``aws ... --output json`` for each operation, or for each object."""
    folder.mkdir(exist_ok=True, parents=True)
    for reading, found in world.things.items():
        if isinstance(reading, Aws):
            if reading.key[0].isupper():
                write(folder / f"{reading.operation}.json", {reading.key: found})
            else:
                for number, each in enumerate(found):
                    write(folder / f"{reading.operation}-{number}.json", {reading.key: each})


def write_sysdump(parent: Path, world: World) -> Path:
    """A folder as ``cilium sysdump`` leaves it in its archive."""
    folder = parent / f"cilium-sysdump-{STAMP}"
    folder.mkdir(parents=True)
    for reading, stem in _SYSDUMP.items():
        write(folder / f"{stem}-{STAMP}.yaml", typed_list(reading, world.things[reading]))
    agents = [each for each in world.things[kinds.DAEMON_SETS] if each["metadata"]["name"] == "cilium"]
    write(folder / f"cilium-daemonset-{STAMP}.yaml", typed_list(kinds.DAEMON_SETS, agents))
    for name, stem in (
        ("cilium-operator", "cilium-operator-deployment"),
        ("hubble-relay", "hubble-relay-deployment"),
        ("hubble-ui", "hubble-ui-deployment"),
    ):
        write(folder / f"{stem}-{STAMP}.yaml", world.one(kinds.DEPLOYMENTS, name))
    config = world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")
    write(folder / f"cilium-configmap-{STAMP}.yaml", config)
    version = world.things[ApiVersion()][0]
    fields = ", ".join(f'{key[0].upper()}{key[1:]}:"{value}"' for key, value in version.items())
    (folder / f"k8s-version-{STAMP}.txt").write_text(f"version.Info{{{fields}}}")
    (folder / "cilium-sysdump.log").write_text("🔍 Collecting Kubernetes nodes\n")
    (folder / f"k8s-events-{STAMP}.html").write_text("<html></html>")
    (folder / f"hubble-flows-cilium-0-{STAMP}.json").write_text('{"flow":{}}\n')
    log = folder / f"logs-cilium-operator-0-cilium-operator-{STAMP}.log"
    log.write_text("2026-11-30T11:59:58.123456789Z level=info msg=started\n")
    metrics = folder / f"metrics-cilium-operator-0-cilium-operator-{STAMP}.txt"
    metrics.write_text("# HELP cilium_operator_ec2_api_duration_seconds\ncilium_operator_unmanaged_pods 0\n")
    bugtool = folder / f"cilium-bugtool-cilium-0-{STAMP}"
    bugtool.mkdir()
    (bugtool / "cilium-dbg-metrics-list.md").write_text(
        "# cilium-dbg metrics list\n\n```\n"
        "Metric                        Labels                                   Value\n"
        'cilium_bpf_map_pressure       map_name="lb4_services_v2"               0.250000\n'
        'cilium_drop_count_total       direction="EGRESS" reason="Policy denied" 12.000000\n'
        "cilium_unreachable_nodes                                               0.000000\n```\n"
    )
    (bugtool / "cilium-dbg-status--verbose.md").write_text("# cilium-dbg status\n")
    return folder


def write_cluster_info(folder: Path, world: World, namespaces: Sequence[str]) -> None:
    """A folder of ``kubectl cluster-info dump --output-directory``."""
    folder.mkdir(exist_ok=True, parents=True)
    write(folder / "nodes.json", typed_list(kinds.NODES, world.things[kinds.NODES]))
    lists = {
        "events": kinds.EVENTS,
        "services": kinds.SERVICES,
        "daemonsets": kinds.DAEMON_SETS,
        "deployments": kinds.DEPLOYMENTS,
        "pods": kinds.PODS,
    }
    for namespace in namespaces:
        (folder / namespace).mkdir()
        for name, reading in lists.items():
            own = [each for each in world.things[reading] if each["metadata"]["namespace"] == namespace]
            write(folder / namespace / f"{name}.json", typed_list(reading, own))
    pod = folder / "kube-system" / "cilium-operator-0"
    pod.mkdir()
    (pod / "logs.txt").write_text(
        "==== START logs for container cilium-operator of pod kube-system/cilium-operator-0 ====\n"
        "level=info msg=started\n"
        "==== END logs for container cilium-operator of pod kube-system/cilium-operator-0 ====\n"
    )


def write(path: Path, document: Any) -> None:
    """Write a document as JSON or YAML, by the ending of the name."""
    if path.suffix == ".json":
        path.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")
    else:
        path.write_text(yaml.dump(document, Dumper=_Plain), encoding="utf-8")


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes neither anchors nor aliases, as Kubernetes' programs."""

    def ignore_aliases(self, _: Any) -> bool:
        return True
