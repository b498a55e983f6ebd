"""``python -m cdk_eks_cilium``: the same as ``cdk-eks-cilium``."""

from __future__ import annotations

import sys

from cdk_eks_cilium.cli import main

if __name__ == "__main__":
    sys.exit(main())
