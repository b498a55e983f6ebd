"""Custom resources: the events that CloudFormation sends, with the rehearsal's changes."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from rehearsal.aws.handler import (
    Adversary,
    Duration,
    Handler,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
)
from rehearsal.charts import ChartRepository
from rehearsal.functions.assets import publish
from rehearsal.functions.custom_resources import CustomResources
from rehearsal.kubernetes.stand_in_types import definitions
from rehearsal.pace import PACE

CILIUM_REPOSITORY = "https://helm.cilium.io/"
HELM_CHART = "Custom::AWSCDK-EKS-HelmChart"
# These limits cut hopeless waits short: nothing else happens while CloudFormation waits.
HELM_WAIT_SECONDS = 20
MOST_WAIT_SECONDS = 80
# Helm looks every two seconds, or is told. What is not there after these seconds without any work does not
# come.
_HOPELESS_SECONDS = 8.0
_GAVE_UP = re.compile("timed out|deadline exceeded|not ready", re.IGNORECASE)
OBJECT_WAIT_SECONDS = 90


# belief: CFN-custom-resource-protocol
class CustomResource(Handler):
    """Any custom resource; its function's real code runs."""

    types: ClassVar[tuple[str, ...]] = ("Custom::", "AWS::CloudFormation::CustomResource")
    # belief: CFN-durations
    duration = Duration(10, "one function call, cold start included")
    # belief: CFN-no-order-among-independent
    adversary = Adversary("AWS::EKS::Nodegroup")
    precedence = 2
    notable = True
    answers_with_id = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        return self._call(context, {"RequestType": "Create", "ResourceProperties": properties})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        return self._call(
            context,
            {
                "RequestType": "Update",
                "PhysicalResourceId": existing.physical_id,
                "ResourceProperties": new,
                "OldResourceProperties": old,
            },
        )

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        self._call(
            context,
            {
                "RequestType": "Delete",
                "PhysicalResourceId": existing.physical_id,
                "ResourceProperties": properties,
            },
        )

    def _call(self, context: ResourceContext, event: dict[str, Any]) -> Made:
        for key in ("ResourceProperties", "OldResourceProperties"):
            if key in event:
                event[key] = _as_text(self._adapted(context, event[key]))
        event |= {
            "StackId": context.stack_id,
            "LogicalResourceId": context.logical_id,
            "ResourceType": context.type,
        }
        account, runtime = context.account, context.runtime
        caller = runtime.shared(CustomResources, lambda: CustomResources(account, runtime))
        answer = caller.call(event)
        return Made(answer.physical_id, dict(answer.data))

    def _adapted(self, context: ResourceContext, properties: Properties) -> Properties:
        """The properties as the rehearsal sends them; by default unchanged."""
        return properties


# belief: CDK-kubectl-handler-calls
class HelmChart(CustomResource):
    """A release by CDK's kubectl handler, with a local chart repository and a short wait."""

    types = (HELM_CHART,)
    # belief: CFN-durations
    duration = Duration(60, "Helm install without waiting, cold function included")

    def _call(self, context: ResourceContext, event: dict[str, Any]) -> Made:
        """Call the handler, again and with more patience while Helm gave up before it was hopeless.

        Helm counts seconds of the wall clock. If this machine had something to do in most of them, they prove
        nothing.
        """
        _stand_in_types(context, event)
        original, wait = dict(event["ResourceProperties"]), HELM_WAIT_SECONDS
        if not as_bool(original.get("Wait")):
            return super()._call(context, event)
        while True:
            quiet = PACE.quiet()
            try:
                return super()._call(
                    context, {**event, "ResourceProperties": {**original, "Timeout": f"{wait}s"}}
                )
            # belief: CDK-kubectl-handler-calls
            except ResourceError as error:
                if not _GAVE_UP.search(error.reason) or PACE.quiet() - quiet >= _HOPELESS_SECONDS:
                    raise
            wait = min(2 * wait, MOST_WAIT_SECONDS)
            context.runtime.say(
                f"{context.logical_id}: this machine is slow, so Helm waits again, for {wait} s"
            )

    def _adapted(self, context: ResourceContext, properties: Properties) -> Properties:
        changed, runtime = dict(properties), context.runtime
        if properties.get("Repository") == CILIUM_REPOSITORY and not runtime.options.online:
            repository = runtime.shared(ChartRepository, lambda: ChartRepository(runtime.options.charts))
            version = str(properties.get("Version"))
            changed["Repository"] = repository.url
            official = repository.has_official(version)
            source = f"official {version} from CILIUM_CHARTS" if official else f"stand-in for {version}"
            runtime.chart_sources[context.logical_id] = source
        if asset := properties.get("ChartAssetURL"):
            publish(context.account, runtime.asset, str(asset))
            runtime.chart_sources[context.logical_id] = "among the assembly's assets"
        return changed


# belief: HELM-kinds-before-objects
def _stand_in_types(context: ResourceContext, event: dict[str, Any]) -> None:
    """Make the types that the template expects in the cluster, as somebody makes them on AWS."""
    cluster = context.account.clusters.get(str(event["ResourceProperties"].get("ClusterName")))
    if cluster is None or event["RequestType"] == "Delete":
        return
    made = []
    for each in definitions(context.runtime.existing_crds(context.stack, context.logical_id)):
        name = each["metadata"]["name"]
        if cluster.kubernetes.get("CustomResourceDefinition", name) is None:
            cluster.kubernetes.apply(each, manager="kubectl-create")
            made.append(name)
    if made:
        first = "; in a new cluster Helm fails until somebody installs them" * (
            event["RequestType"] == "Create"
        )
        context.runtime.say(
            f"stand-ins without schemas for the CRDs that existing_crds names: {', '.join(made)}{first}"
        )


# belief: CDK-kubectl-handler-no-retry
class KubernetesManifest(CustomResource):
    """Objects that CDK's kubectl handler applies."""

    types = ("Custom::AWSCDK-EKS-KubernetesResource",)
    # belief: CFN-durations
    duration = Duration(12, "kubectl and the AWS CLI in a 1 GB function")
    in_cluster = True


# belief: CDK-kubectl-handler-waits-for-values
class KubernetesObjectValue(CustomResource):
    """A value for which CDK's kubectl handler waits, for a short time here."""

    types = ("Custom::AWSCDK-EKS-KubernetesObjectValue",)

    def _adapted(self, context: ResourceContext, properties: Properties) -> Properties:
        if int(properties.get("TimeoutSeconds", 0)) <= OBJECT_WAIT_SECONDS:
            return properties
        return {**properties, "TimeoutSeconds": OBJECT_WAIT_SECONDS}


# no belief: our own function
class CiliumReleaseTakeover(CustomResource):
    """The library's own function, which takes the release back from changes by hand."""

    types = ("Custom::CiliumReleaseTakeover",)
    in_cluster = True


# no belief: our own function
class CiliumPolicySet(CustomResource):
    """Policies that the library's own function applies."""

    types = ("Custom::CiliumPolicySet",)
    in_cluster = True


# belief: CFN-custom-resource-text
def _as_text(value: Any) -> Any:
    """CloudFormation hands scalars to custom resources as text."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return json.dumps(value)
    return str(value) if isinstance(value, int | float) else value
