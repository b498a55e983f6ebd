"""A shop with Services."""

from __future__ import annotations

from cdk_eks_cilium.policy import Document, load_policies, read_text
from cdk_eks_cilium.policy_analysis import Endpoint, Evaluation, Flow, inventory
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload

PODS = """
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{ports: [{name: http, containerPort: 80}]}]}
---
kind: Deployment
metadata: {name: old, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api, old: 'true'}}
    spec: {containers: [{ports: [{name: http, containerPort: 81}]}]}
---
kind: Pod
metadata: {name: bare, namespace: shop, labels: {app: api, bare: 'true'}}
---
kind: Pod
metadata: {name: api, namespace: other, labels: {app: api}}
"""


def service(spec: str, name: str = "api", annotations: str = "{}") -> str:
    """A Service of the shop in YAML."""
    metadata = f"{{name: {name}, namespace: shop, annotations: {annotations}}}"
    return f"---\nkind: Service\nmetadata: {metadata}\nspec: {spec}\n"


def policy(ingress: str, name: str = "api") -> str:
    """A policy in YAML for the pods behind the Service."""
    return (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{endpointSelector: {{matchLabels: {{app: api}}}}, ingress: [{ingress}]}}\n"
    )


def documents(text: str) -> list[Document]:
    return read_text(PODS + text, "f.yaml")


def known(text: str) -> Inventory:
    return inventory(documents(text))


def evaluation(text: str) -> Evaluation:
    given = documents(text)
    return Evaluation(load_policies(given), inventory(given))


def flow(source: Endpoint, destination: Endpoint, port: int) -> Flow:
    return Flow(source, destination, port)


def workload(known: Inventory, name: str) -> Workload:
    found = known.find(name)
    assert found is not None
    return found


def only(known: Inventory) -> tuple[KubernetesService, ServicePort]:
    """The only Service, with its first port."""
    (service,) = known.services
    return service, service.ports[0]
