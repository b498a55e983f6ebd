"""Write down what the kube-apiserver in the folder that KUBEBUILDER_ASSETS names says about the cases.

``python -m tests.rehearsal.kubernetes.validation.record [AREA...]``
"""

from __future__ import annotations

import datetime
import os
import sys
import tempfile
from pathlib import Path

from rehearsal.kubernetes import Identity
from rehearsal.kubernetes.real.assets import UNSET, find_assets
from rehearsal.kubernetes.real.control_plane import ControlPlane
from tests.lambda_.kubernetes_api.client import Client
from tests.rehearsal.kubernetes.validation.suite import areas, record

ADMINISTRATOR = "administrator"


def identify(token: str) -> Identity | None:
    """One token, which may do everything."""
    return Identity("administrator", frozenset({"system:masters"})) if token == ADMINISTRATOR else None


def main(wanted: list[str]) -> None:
    """Record the areas that are named, or all."""
    assets = find_assets(os.environ)
    if assets is None:
        sys.exit(UNSET)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    with tempfile.TemporaryDirectory() as folder:
        plane = ControlPlane(assets, Path(folder), identify, ADMINISTRATOR)
        plane.start()
        try:
            client = Client(plane.endpoint, plane.certificate_authority_pem, ADMINISTRATOR)
            version = client.ask("GET", "/version").body["gitVersion"]
            for area in wanted or areas():
                record(client, area, version, day)
        finally:
            plane.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
