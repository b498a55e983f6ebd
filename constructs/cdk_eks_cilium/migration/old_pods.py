"""The policy by which pods of Cilium and pods of aws-node talk to each other."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy

OLD_PODS_POLICY: Final = "admit-pods-of-aws-node"


# belief: CILIUM-unmanaged-identity
def old_pods_policy() -> CiliumClusterwideNetworkPolicy:
    """A clusterwide policy that admits pods without Cilium, in both directions, and denies nothing.

    An agent gives the address of a pod that no agent manages the identity ``reserved:unmanaged``
    (``updatePodHostData`` in Cilium's ``pkg/k8s/watchers/pod.go``). It has no labels, so only entities mean
    it: https://github.com/cilium/cilium/pull/12474.
    """
    both = [{"fromEntities": ["unmanaged"]}], [{"toEntities": ["unmanaged"]}]
    return CiliumClusterwideNetworkPolicy.model_validate(
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumClusterwideNetworkPolicy",
            "metadata": {"name": OLD_PODS_POLICY},
            "spec": {
                "description": "Pods of aws-node have no labels for Cilium; goes when the migration ends",
                "endpointSelector": {},
                "enableDefaultDeny": {"ingress": False, "egress": False},
                "ingress": both[0],
                "egress": both[1],
            },
        }
    )
