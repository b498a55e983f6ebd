"""The command line: ``cdk-eks-cilium``, also ``python -m cdk_eks_cilium``.

Output is for people by default; ``--json`` prints the same as data. The exit status is 0 if all is well, 1
for findings, 2 for an invalid call and for files that cannot be read or written, 130 after Ctrl-C.
"""

from __future__ import annotations

from .main import main

__all__ = ["main"]
