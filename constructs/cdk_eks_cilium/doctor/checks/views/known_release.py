"""The release of Cilium on the cluster, as the tables of this library know it."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .cilium import release


def known_release(seen: Seen) -> CiliumVersion:
    """The release; needs `DAEMON_SETS`.

    Raises:
        UnreadError: The DaemonSet could not be read, or the tables lack its release.
    """
    number = seen.derived(release)
    try:
        return CiliumVersion.of(number)
    except InputError:
        raise UnreadError(f"Cilium {number} is not among the releases that this doctor knows") from None
