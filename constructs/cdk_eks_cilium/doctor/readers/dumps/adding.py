"""The commands that add to a dump what it lacks."""

from __future__ import annotations

import re
from typing import Final

from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading, Scope

_SCOPES: Final = {
    Scope.ACCOUNT: "",
    Scope.VPC: "",
    Scope.CLUSTER: " --cluster-name CLUSTER",
    Scope.NODE_GROUP: " --cluster-name CLUSTER --nodegroup-name GROUP",
    Scope.NODE_ROLE: " --role-name ROLE",
    Scope.ADD_ON: " --cluster-name CLUSTER --addon-name NAME",
    Scope.INSIGHT: " --cluster-name CLUSTER --id ID",
    Scope.INSTANCES: " --instance-types TYPE",
    Scope.POD_SUBNET: " --subnet-id SUBNET",
    Scope.STACK: " --stack-name STACK",
    Scope.PLAN: "",
}


def command_for(reading: Reading) -> str:
    """A command for a shell that writes what a reading needs to a file of the dump.

    Words in capitals stand for what the caller knows: ``POD`` and ``GROUP`` for each of them.
    """
    if isinstance(reading, Objects):
        kind = f"{reading.plural}.{reading.group}" if "." in reading.group else reading.plural
        name = f" {reading.name}" if reading.name else ""
        where = f" --namespace {reading.namespace}" if reading.namespace else " --all-namespaces"
        return f"kubectl get {kind}{name}{where} --output json > {file_of(reading)}"
    if isinstance(reading, Logs):
        return (
            f"kubectl logs --namespace {reading.namespace} --selector {reading.selector} "
            f"--container {reading.container} --tail {reading.lines} --prefix > {file_of(reading)}"
        )
    if isinstance(reading, Metrics):
        path = f"/api/v1/namespaces/{reading.namespace}/pods/POD:{reading.port}/proxy/metrics"
        return f"kubectl get --raw {path} > {file_of(reading)}"
    if isinstance(reading, ApiVersion):
        return f"kubectl version --output json > {file_of(reading)}"
    return " > ".join(aws_command(reading))


def file_of(reading: Reading) -> str:
    """The name of the file for a reading. Of AWS it has the operation, for several have a key in common."""
    if isinstance(reading, Objects):
        parts = (reading.plural, reading.name, reading.namespace)
        return "-".join(part for part in parts if part) + ".json"
    if isinstance(reading, Logs):
        return f"{_flat(reading.selector)}-{reading.container}.log"
    if isinstance(reading, Metrics):
        return "metrics-POD.txt"
    if isinstance(reading, ApiVersion):
        return "version.json"
    return f"{reading.service}-{_kebab(reading.operation)}.json"


def aws_command(reading: Aws) -> tuple[str, str]:
    """The command of the AWS CLI without its file, and the file."""
    scope = _SCOPES[reading.scope]
    if reading.operation == "DescribeCluster":
        scope = " --name CLUSTER"
    elif reading.scope is Scope.VPC:
        # DescribeNatGateways alone has ``Filter``, and internet gateways name their VPC otherwise.
        option = "--filter" if reading.operation == "DescribeNatGateways" else "--filters"
        name = "attachment.vpc-id" if reading.operation == "DescribeInternetGateways" else "vpc-id"
        scope = f" {option} Name={name},Values=VPC"
    given = "".join(
        f" --{_kebab(name)} {' '.join(value) if isinstance(value, tuple) else value}"
        for name, value in reading.parameters
    )
    command = f"aws {reading.service} {_kebab(reading.operation)}{scope}{given} --output json"
    return command, file_of(reading)


def _kebab(words: str) -> str:
    """``DescribeSubnets`` as the AWS CLI spells it."""
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", words)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", parted).lower()


def _flat(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
