"""What kube-controller-manager and the API server's own controllers do to objects that end or belong together.

Each controller is a function over the store, which the cluster calls under the store's lock until nothing changes.
"""

# belief: K8S-garbage-collection

from rehearsal.kubernetes.controllers.aggregation import aggregate_roles
from rehearsal.kubernetes.controllers.custom_types import finish_custom_types
from rehearsal.kubernetes.controllers.garbage import collect_garbage
from rehearsal.kubernetes.controllers.namespaces import finish_namespaces

__all__ = ["aggregate_roles", "collect_garbage", "finish_custom_types", "finish_namespaces"]
