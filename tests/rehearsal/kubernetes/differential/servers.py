"""The two servers: the rehearsal's, and a real control plane with its controllers."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.real.assets import CONTROLLERS
from rehearsal.kubernetes.real.control_plane import ControlPlane
from tests.rehearsal.kubernetes.differential.play import IDENTITIES, Server

ADMINISTRATOR = "admin"

#: The Kubernetes release of the embedded API, as near to the recordings' as its version says.
RELEASE = "1.36"


@contextlib.contextmanager
def embedded() -> Iterator[KubernetesCluster]:
    """A new cluster of the rehearsal, without nodes and add-ons."""
    cluster = KubernetesCluster(
        name="differential", version=RELEASE, identify=IDENTITIES.get, service_cidr="10.0.0.0/24"
    )
    with cluster:
        yield cluster


@contextlib.contextmanager
def real(assets: Path, folder: Path) -> Iterator[Server]:
    """A control plane of its own, which ends with the context.

    Raises:
        StartError: A program does not start.
    """
    plane = ControlPlane(assets, folder, IDENTITIES.get, ADMINISTRATOR, controllers=True)
    plane.start()
    try:
        yield plane
    finally:
        plane.stop()


def has_controllers(assets: Path) -> bool:
    """Whether a folder has all that a control plane needs here."""
    return (assets / CONTROLLERS).is_file()


def version_of(server: Server) -> str:
    """What a server says about its version."""
    context = ssl.create_default_context(cadata=server.certificate_authority_pem)
    with urllib.request.urlopen(f"{server.endpoint}/version", context=context, timeout=30) as answer:
        return str(json.loads(answer.read())["gitVersion"])
