"""The values that a template's expressions look up in its own stack and in other stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.cloudformation.intrinsics import TemplateError
from rehearsal.cloudformation.state import Resource, StackState

_BOOTSTRAP_VERSION = "30"


class DeployedValues:
    """The values of `Ref`, `Fn::GetAtt` and the imports of one stack."""

    def __init__(self, account: Account, stacks: Mapping[str, StackState], state: StackState) -> None:
        self._account = account
        self._stacks = stacks
        self._state = state

    def ref(self, logical_id: str) -> str:
        return self._resource(logical_id).made.physical_id

    # belief: CFN-get-att-names
    def attribute(self, logical_id: str, name: str) -> Any:
        resource = self._resource(logical_id)
        try:
            return resource.made.attributes[name]
        except KeyError:
            known = ", ".join(sorted(resource.made.attributes)) or "none"
            raise TemplateError(
                f"{logical_id} ({resource.type}) has no attribute {name}; it has {known}"
            ) from None

    # belief: CFN-export-in-use
    def export(self, name: str) -> Any:
        """The value of an export. The stack counts as its user from then on."""
        for state in self._stacks.values():
            if name in state.exports:
                self._state.imports.add(name)
                return state.exports[name]
        raise TemplateError(f"no export named {name} found")

    # belief: CFN-stack-output-function
    def stack_output(self, stack: str, name: str) -> Any:
        try:
            return self._stacks[stack].outputs[name]
        except KeyError:
            raise TemplateError(f"stack {stack} has no output {name}") from None

    def zones(self, region: str) -> list[str]:
        zones = self._account.client("ec2").describe_availability_zones()["AvailabilityZones"]
        return [zone["ZoneName"] for zone in zones]

    # belief: CFN-parameter-store-at-each-operation
    def parameter(self, name: str) -> str:
        """The value of a parameter of Systems Manager: of a public one for images, or one of the account."""
        if image := self._account.images.find(name):
            return image.id
        # belief: CDK-bootstrap-version
        if name.startswith("/cdk-bootstrap/"):
            return _BOOTSTRAP_VERSION
        ssm = self._account.client("ssm")
        try:
            return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            raise TemplateError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from None

    # belief: CFN-template-references
    def _resource(self, logical_id: str) -> Resource:
        try:
            return self._state.resources[logical_id]
        except KeyError:
            raise TemplateError(f"{logical_id} does not exist") from None
