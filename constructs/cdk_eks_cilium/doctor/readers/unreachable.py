"""A cluster that cannot be asked at all."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine.reader import UnreadError


class UnreachableError(UnreadError):
    """The cluster cannot be reached, or does not know the caller; the text says why, without secrets."""
