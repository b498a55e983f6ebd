"""Custom resources: the events CloudFormation sends, and what the rehearsal changes in them."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.assets import publish
from rehearsal.resources.base import Context, Handler, Made, Properties, handles

CILIUM_REPOSITORY = "https://helm.cilium.io/"
HELM = "Custom::AWSCDK-EKS-HelmChart"
OBJECT_VALUE = "Custom::AWSCDK-EKS-KubernetesObjectValue"
# Waits that can only end one way are cut short: nothing else happens while CloudFormation waits for them.
HELM_WAIT_SECONDS = 20
OBJECT_WAIT_SECONDS = 45


@handles("Custom::")
class Custom(Handler):
    """Any custom resource; its function's real code runs."""

    def create(self, context: Context, properties: Properties) -> Made:
        return self._call(context, {"RequestType": "Create", "ResourceProperties": properties})

    def update(self, context: Context, existing: Made, old: Properties, new: Properties) -> Made:
        return self._call(
            context,
            {
                "RequestType": "Update",
                "PhysicalResourceId": existing.physical_id,
                "ResourceProperties": new,
                "OldResourceProperties": old,
            },
        )

    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        self._call(
            context,
            {
                "RequestType": "Delete",
                "PhysicalResourceId": existing.physical_id,
                "ResourceProperties": properties,
            },
        )

    @staticmethod
    def _call(context: Context, event: dict[str, Any]) -> Made:
        for key in ("ResourceProperties", "OldResourceProperties"):
            if key in event:
                event[key] = _as_text(adapted(context, event[key]))
        event |= {
            "StackId": context.stack_id,
            "LogicalResourceId": context.logical_id,
            "ResourceType": context.type,
        }
        answer = context.world.custom_resources().call(event)
        return Made(answer.physical_id, dict(answer.data))


def adapted(context: Context, properties: Properties) -> Properties:
    """The properties with the chart's repository made local and hopeless waits made short."""
    changed = dict(properties)
    if context.type == HELM:
        if properties.get("Repository") == CILIUM_REPOSITORY and not context.world.options.online:
            repository = context.world.chart_repository()
            version = str(properties.get("Version"))
            changed["Repository"] = repository.url
            official = repository.has_official(version)
            source = f"official {version} from CILIUM_CHARTS" if official else f"stand-in for {version}"
            context.world.chart_sources[context.logical_id] = source
        if asset := properties.get("ChartAssetURL"):
            publish(context.world, str(asset))
            context.world.chart_sources[context.logical_id] = "among the assembly's assets"
        if str(properties.get("Wait", "false")).lower() == "true":
            changed["Timeout"] = f"{HELM_WAIT_SECONDS}s"
    if context.type == OBJECT_VALUE and int(properties.get("TimeoutSeconds", 0)) > OBJECT_WAIT_SECONDS:
        changed["TimeoutSeconds"] = OBJECT_WAIT_SECONDS
    return changed


def _as_text(value: Any) -> Any:
    """CloudFormation hands scalars to custom resources as text."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return json.dumps(value)
    return str(value) if isinstance(value, int | float) else value
