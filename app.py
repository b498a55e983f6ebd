"""Settings in, stacks out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# jsii runs on Node.js; the one beside this Python serves, so that none has to be on the PATH.
_NODE = Path(sys.executable).parent / "node"
if "JSII_NODE" not in os.environ and _NODE.exists():
    os.environ["JSII_NODE"] = str(_NODE)

import aws_cdk as cdk  # noqa: E402 - JSII_NODE is read on import

from cdk_eks_cilium import CiliumChecks, InputError  # noqa: E402
from cdk_eks_cilium import settings as settings_file  # noqa: E402
from stacks.cluster_stack import ClusterStack  # noqa: E402
from stacks.network_stack import NetworkStack  # noqa: E402


def build() -> cdk.App:
    """The app of the settings named by the context key ``settings``."""
    # The CLI passes cdk.json's context by itself, plain Python does not: both must give one template.
    app = cdk.App(context=json.loads((HERE / "cdk.json").read_text(encoding="utf-8"))["context"])
    settings = settings_file.load(app.node.try_get_context("settings") or HERE / "settings.yaml")
    env = cdk.Environment(account=settings.account, region=settings.region)
    network = NetworkStack(app, f"{settings.name}-network", settings=settings, env=env)
    ClusterStack(app, f"{settings.name}-cluster", settings=settings, network=network, env=env)
    for key, value in settings.tags.items():
        cdk.Tags.of(app).add(key, value)
    cdk.Validations.of(app).add_plugins(CiliumChecks())
    return app


def main() -> int:
    """Synthesize; on wrong settings say what is wrong and return 1."""
    try:
        build().synth()
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
