"""What kube-controller-manager and the server itself do to objects that end or belong together.

Each is a function over the store. The cluster calls them under the store's lock until nothing changes.
"""

# belief: K8S-garbage-collection

from rehearsal.kubernetes.controllers.aggregation import aggregate_roles
from rehearsal.kubernetes.controllers.custom_types import finish_custom_types
from rehearsal.kubernetes.controllers.garbage import collect_garbage
from rehearsal.kubernetes.controllers.namespaces import finish_namespaces

__all__ = ["aggregate_roles", "collect_garbage", "finish_custom_types", "finish_namespaces"]
