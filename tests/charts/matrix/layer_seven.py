"""The proxy, and the features that need it."""

from __future__ import annotations

from cdk_eks_cilium.values import Envoy, IngressController
from tests.charts.matrix.case import AGENT_POD, MAINTAINED, REPLACED, Case

ENVOY_OBJECTS = frozenset(
    {
        "ConfigMap/cilium-envoy-config",
        "DaemonSet/cilium-envoy",
        "Service/cilium-envoy",
        "ServiceAccount/cilium-envoy",
    }
)
SOCKETS = f"{AGENT_POD}.spec.volumes[envoy-sockets]"
CLASS = "IngressClass/cilium"
IS_DEFAULT = f"{CLASS}:metadata.annotations[ingressclass.kubernetes.io/is-default-class]"
#: The Service is there in either mode, and the Roles let agents read the certificates of Ingresses.
INGRESS_OBJECTS = frozenset(
    {CLASS, "Service/cilium-ingress", "Role/cilium-ingress-secrets", "Role/cilium-operator-ingress-secrets"}
)
GATEWAY_API = "gateway.networking.k8s.io/v1/GatewayClass"
GATEWAY_CLASS = "GatewayClass/cilium"
GATEWAY_ROLES = frozenset({"Role/cilium-gateway-secrets", "Role/cilium-operator-gateway-secrets"})

CASES = [
    Case(
        "nothing is judged in layer 7",
        {"l7_proxy": False},
        config={"enable-l7-proxy": "false", "external-envoy-proxy": "false"},
        vanish=ENVOY_OBJECTS,
        since=MAINTAINED,
    ),
    Case(
        "the proxy runs inside each agent",
        {"envoy": Envoy(daemon_set=False)},
        config={"external-envoy-proxy": "false"},
        fields={SOCKETS: None},
        vanish=ENVOY_OBJECTS,
        since=MAINTAINED,
    ),
    Case(
        "Cilium serves Gateways by a class of its own",
        {"gateway_api": True},
        beside=REPLACED,
        config={"enable-gateway-api": "true", "enable-envoy-config": "true"},
        fields={f"{GATEWAY_CLASS}:spec.controllerName": "io.cilium/gateway-controller"},
        appear=GATEWAY_ROLES | {GATEWAY_CLASS},
        since=MAINTAINED,
        apis=(GATEWAY_API,),
    ),
    Case(
        "Cilium waits for Gateways where their CRDs are not there yet",
        {"gateway_api": True},
        beside=REPLACED,
        config={"enable-gateway-api": "true"},
        appear=GATEWAY_ROLES,
        since=MAINTAINED,
    ),
    Case(
        "Cilium serves Ingresses that name it",
        {"ingress_controller": IngressController()},
        beside=REPLACED,
        config={
            "enable-ingress-controller": "true",
            "ingress-default-lb-mode": "dedicated",
            "enforce-ingress-https": "true",
        },
        fields={f"{CLASS}:spec.controller": "cilium.io/ingress-controller"},
        appear=INGRESS_OBJECTS,
        since=MAINTAINED,
    ),
    Case(
        "Cilium serves every Ingress, by one load balancer and without redirects",
        {
            "ingress_controller": IngressController(
                default=True, load_balancer_mode="shared", enforce_https=False
            )
        },
        beside=REPLACED,
        config={"ingress-default-lb-mode": "shared", "enforce-ingress-https": "false"},
        fields={IS_DEFAULT: "true", "Service/cilium-ingress:spec.type": "LoadBalancer"},
        appear=INGRESS_OBJECTS,
        since=MAINTAINED,
    ),
]
