"""The types that every API server serves, as Kubernetes 1.36 describes them in its discovery documents.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/api/discovery/aggregated_v2.json
"""

# belief: K8S-discovery

from __future__ import annotations

from pathlib import Path
from typing import Final

#: The verbs of a type that has all of them.
VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

#: The same, in the order in which custom types have them.
CUSTOM_VERBS: Final = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
#: The lines of the table, each as its first line says.
TABLE: Final = Path(__file__).with_suffix(".txt").read_text().splitlines()[1:]

#: What the server warns of: the plural, the first minor release that does, and the words.
DEPRECATED: Final = {
    "endpoints": (33, "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
    "componentstatuses": (19, "v1 ComponentStatus is deprecated in v1.19+"),
}

#: Subresources with a kind of their own, or with other verbs than get, patch and update: the group, version
#: and kind of what is read and written there, and the verbs.
SUBRESOURCES: Final[dict[tuple[str, str], tuple[str, str, str, tuple[str, ...]]]] = {
    ("namespaces", "finalize"): ("", "", "Namespace", ("update",)),
    ("nodes", "proxy"): ("", "", "NodeProxyOptions", ("create", "delete", "get", "patch", "update")),
    ("pods", "attach"): ("", "", "PodAttachOptions", ("create", "get")),
    ("pods", "binding"): ("", "", "Binding", ("create",)),
    ("pods", "eviction"): ("policy", "v1", "Eviction", ("create",)),
    ("pods", "exec"): ("", "", "PodExecOptions", ("create", "get")),
    ("pods", "log"): ("", "", "Pod", ("get",)),
    ("pods", "portforward"): ("", "", "PodPortForwardOptions", ("create", "get")),
    ("pods", "proxy"): ("", "", "PodProxyOptions", ("create", "delete", "get", "patch", "update")),
    ("serviceaccounts", "token"): ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
    ("services", "proxy"): ("", "", "ServiceProxyOptions", ("create", "delete", "get", "patch", "update")),
}
