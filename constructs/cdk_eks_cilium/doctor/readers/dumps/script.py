"""A script for a shell with kubectl and the AWS CLI that writes a dump, where nothing of ours may run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cdk_eks_cilium.doctor.engine.readings import Aws, Metrics, Objects, Reading, Scope

from .adding import aws_command, command_for, file_of
from .index import widened

_CLUSTER: Final = """\
# Of AWS, with credentials of the account. Name the cluster first.
CLUSTER=${CLUSTER:?name the cluster}
VPC=$(aws eks describe-cluster --name "$CLUSTER" --query cluster.resourcesVpcConfig.vpcId --output text)
STACK=$(aws eks describe-cluster --name "$CLUSTER" --output text \\
  --query 'cluster.tags."aws:cloudformation:stack-name"')
TYPES=$(kubectl get nodes \\
  --output jsonpath='{.items[*].metadata.labels.node\\.kubernetes\\.io/instance-type}' \\
  | tr ' ' '\\n' | sort -u)"""
#: For each part that has calls of its own: the command that lists, its query, and the option of a call.
_PARTS: Final = {
    Scope.NODE_GROUP: ('eks list-nodegroups --cluster-name "$CLUSTER"', "nodegroups", "--nodegroup-name"),
    Scope.ADD_ON: ('eks list-addons --cluster-name "$CLUSTER"', "addons", "--addon-name"),
    Scope.INSIGHT: ('eks list-insights --cluster-name "$CLUSTER"', "insights[].id", "--id"),
    Scope.POD_SUBNET: (
        'ec2 describe-subnets --filters Name=vpc-id,Values="$VPC"',
        "Subnets[].SubnetId",
        "--subnet-id",
    ),
}


def script(readings: Iterable[Reading]) -> Iterator[str]:
    """The lines of a script for bash that writes what readings need into the current folder.

    No line stops the next: what fails, such as a kind that the cluster does not know, leaves no file.
    """
    wanted = [each for each in widened(readings) if not (isinstance(each, Objects) and each.kind == "Secret")]
    yield "#!/usr/bin/env bash"
    yield "# Writes a dump into the current folder; it only reads. No Secret is among it."
    for each in (each for each in wanted if not isinstance(each, Aws)):
        yield _metrics(each) if isinstance(each, Metrics) else f"{command_for(each)} || rm -f {file_of(each)}"
    account = [each for each in wanted if isinstance(each, Aws)]
    if account:
        yield _CLUSTER
        yield from map(_aws, account)


def _metrics(reading: Metrics) -> str:
    pods = (
        f"kubectl get pods --namespace {reading.namespace} --selector {reading.selector} --output name "
        f"| head -n {reading.pods}"
    )
    path = f"/api/v1/namespaces/{reading.namespace}/pods/${{pod#pod/}}:{reading.port}/proxy/metrics"
    return (
        f"for pod in $({pods}); do\n"
        f'  kubectl get --raw "{path}" > "metrics-${{pod#pod/}}-{reading.port}.txt"\n'
        "done"
    )


def _aws(reading: Aws) -> str:
    command, file = aws_command(reading)
    if reading.scope not in _PARTS:
        filled = command.replace("CLUSTER", '"$CLUSTER"').replace("Values=VPC", 'Values="$VPC"')
        filled = filled.replace("--stack-name STACK", '--stack-name "$STACK"')
        return f"{filled.replace('--instance-types TYPE', '--instance-types $TYPES')} > {file}"
    lister, query, option = _PARTS[reading.scope]
    filled = re.sub(f"{option} [A-Z]+", f'{option} "$each"', command).replace("CLUSTER", '"$CLUSTER"')
    stem = file.removesuffix(".json")
    return (
        f"for each in $(aws {lister} --query '{query}' --output text); do\n"
        f'  {filled} > "{stem}-$each.json"\n'
        "done"
    )
