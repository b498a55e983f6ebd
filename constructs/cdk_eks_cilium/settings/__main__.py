"""``python -m cdk_eks_cilium.settings``: an older name of ``cdk-eks-cilium settings``."""

from __future__ import annotations

import runpy
import shlex
import sys

if __name__ == "__main__":
    words = sys.argv[1:]
    if "--schema" in words:
        words = ["schema", *(word for word in words if word != "--schema")]
    elif words:
        words = ["check", *words]
    sys.argv[1:] = ["settings", *words]
    print(f"an older name; call instead: cdk-eks-cilium {shlex.join(sys.argv[1:])}", file=sys.stderr)
    # By name, since the settings must not import the command line.
    runpy.run_module("cdk_eks_cilium", run_name="__main__", alter_sys=True)
