"""Pod Security admission: what a namespace's labels ask of the pods in it.

https://kubernetes.io/docs/concepts/security/pod-security-admission/. On EKS nothing is exempt and namespaces
without labels take every pod.
"""

# no belief: the modules of this room have them

from __future__ import annotations

from rehearsal.kubernetes.pod_security.levels import Level, Policy, label_errors, policy_of
from rehearsal.kubernetes.pod_security.standards import reasons, violation

__all__ = ["Level", "Policy", "label_errors", "policy_of", "reasons", "violation"]
