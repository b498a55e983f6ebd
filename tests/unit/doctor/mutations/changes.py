"""Ways to change a cluster that several mutations use. Not a category: it has no mutations."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.world import Thing, World

MUTATIONS: tuple[Mutation, ...] = ()


def options(world: World) -> dict[str, str]:
    """The options of the agents."""
    data: dict[str, str] = world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["data"]
    return data


def configure(world: World, **changed: str | None) -> None:
    """Change options of the agents, with underscores for hyphens, as the settings want; None removes one."""
    data = options(world)
    for name, value in changed.items():
        key = name.replace("_", "-")
        if value is None:
            data.pop(key, None)
        else:
            data[key] = value


def by_hand(world: World) -> dict[str, str]:
    """The options of the agents, to be changed without the settings."""
    world.planned(config=dict(options(world)))
    return options(world)


def deployment(world: World, name: str) -> Thing:
    """A Deployment."""
    return world.one(kinds.DEPLOYMENTS, name)


def image(workload: Thing, name: str) -> None:
    """Give the first container of a workload another image."""
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = name


def release(world: World, number: str) -> None:
    """Run another release of Cilium, as planned."""
    image(world.one(kinds.DAEMON_SETS, "cilium"), f"quay.io/cilium/cilium:v{number}")
    image(deployment(world, "cilium-operator"), f"quay.io/cilium/operator-aws:v{number}")
    world.planned(cilium=number)


def container(world: World, pod: str, **status: Any) -> None:
    """Change the status of a pod's container."""
    world.one(kinds.PODS, pod)["status"]["containerStatuses"][0] |= status
