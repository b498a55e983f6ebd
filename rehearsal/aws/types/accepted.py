"""Types without an effect on a rehearsal."""

from __future__ import annotations

from typing import Final

from rehearsal.aws.handler import Handler, Made, Properties, ResourceContext

REASONS: Final = {
    "AWS::CDK::Metadata": "usage statistics of the CDK",
    "AWS::Lambda::Permission": "policies of resources are not evaluated",
    "AWS::Lambda::EventInvokeConfig": "functions are called synchronously",
    "AWS::StepFunctions::StateMachine": "the rehearsal plays the waiter of CDK's provider framework itself",
    "AWS::S3::BucketPolicy": "policies of resources are not evaluated",
    "AWS::CloudFormation::WaitConditionHandle": "a placeholder CDK uses for empty stacks",
    "AWS::SSM::Document": "not part of the deployment's order",
    "AWS::CloudWatch::Alarm": "nothing here is measured by CloudWatch",
}
"""Why each of them is left out."""


# belief: AWS-without-effect
class Accepted(Handler):
    """A resource without effect."""

    types = tuple(REASONS)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = context.generated_name()
        arn = context.account.arn("rehearsal", f"{context.type.replace('::', '/').lower()}/{name}")
        return Made(name, {"Arn": arn, "Name": name})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        return
