"""Log groups, keys, parameters and buckets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.handler import (
    COMMON,
    Duration,
    Handler,
    Leftover,
    Listing,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
    tag_list,
)


# belief: AWS-log-group-name-free, AWS-lambda-makes-log-group
class LogGroup(Handler):
    """A log group; the name must be free."""

    types = ("AWS::Logs::LogGroup",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = properties.get("LogGroupName") or context.generated_name(512)
        context.client("logs").create_log_group(logGroupName=name)
        self._retain(context, name, properties)
        return Made(name, {"Arn": context.account.arn("logs", f"log-group:{name}:*")})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        self._retain(context, existing.physical_id, new)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("logs").delete_log_group(logGroupName=existing.physical_id)

    @staticmethod
    def _retain(context: ResourceContext, name: str, properties: Properties) -> None:
        if days := properties.get("RetentionInDays"):
            context.client("logs").put_retention_policy(logGroupName=name, retentionInDays=int(days))

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        for group in account.client("logs").describe_log_groups()["logGroups"]:
            why = account.log_groups_of_lambda.get(group["logGroupName"])
            yield Leftover(f"log group {group['logGroupName']}" + (f" ({why})" if why else ""))


# belief: AWS-key-pending-deletion
class KmsKey(Handler):
    """A key. A deleted key is pending deletion, as in AWS."""

    types = ("AWS::KMS::Key",)
    duration = Duration(20, COMMON)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        kms = context.client("kms")
        key = kms.create_key(
            Description=properties.get("Description", ""), Policy=json.dumps(properties.get("KeyPolicy", {}))
        )["KeyMetadata"]
        self._rotate(kms, key["KeyId"], properties)
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        kms = context.client("kms")
        kms.put_key_policy(
            KeyId=existing.physical_id, PolicyName="default", Policy=json.dumps(new.get("KeyPolicy", {}))
        )
        self._rotate(kms, existing.physical_id, new)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        days = int(properties.get("PendingWindowInDays", 30))
        context.client("kms").schedule_key_deletion(KeyId=existing.physical_id, PendingWindowInDays=days)

    @staticmethod
    def _rotate(kms: Any, key: str, properties: Properties) -> None:
        if as_bool(properties.get("EnableKeyRotation")):
            kms.enable_key_rotation(KeyId=key)

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        """The keys that AWS does not manage itself."""
        kms = account.client("kms")
        for entry in kms.list_keys()["Keys"]:
            metadata = kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
            if metadata.get("KeyManager") == "CUSTOMER":
                yield Leftover(f"key {entry['KeyId']}", pending=metadata["KeyState"] == "PendingDeletion")


# belief: CFN-handlers-call-the-api
class Alias(Handler):
    """An alias of a key."""

    types = ("AWS::KMS::Alias",)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        context.client("kms").create_alias(
            AliasName=properties["AliasName"], TargetKeyId=properties["TargetKeyId"].split("/")[-1]
        )
        return Made(properties["AliasName"])

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        context.client("kms").update_alias(
            AliasName=existing.physical_id, TargetKeyId=new["TargetKeyId"].split("/")[-1]
        )
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("kms").delete_alias(AliasName=existing.physical_id)


# belief: CFN-generated-names
class Parameter(Handler):
    """A parameter, named by CloudFormation when the template gives no name."""

    types = ("AWS::SSM::Parameter",)
    listing = Listing("parameter {}", "ssm.describe_parameters", "Parameters[].[Name]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = properties.get("Name") or f"CFN-{context.generated_name(1000)}"
        context.client("ssm").put_parameter(Name=name, Type=properties["Type"], Value=properties["Value"])
        return Made(name, {"Type": properties["Type"], "Value": properties["Value"]})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        context.client("ssm").put_parameter(
            Name=existing.physical_id, Type=new["Type"], Value=new["Value"], Overwrite=True
        )
        return Made(existing.physical_id, {"Type": new["Type"], "Value": new["Value"]})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.client("ssm").delete_parameter(Name=existing.physical_id)


# belief: AWS-bucket-not-empty
class Bucket(Handler):
    """A bucket. It cannot be deleted unless it is empty."""

    types = ("AWS::S3::Bucket",)
    updatable = frozenset({"Tags"})
    listing = Listing("bucket {}", "s3.list_buckets", "Buckets[].[Name]")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = properties.get("BucketName") or context.generated_name(63).lower()
        context.client("s3").create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": context.account.environment.region}
        )
        if tags := tag_list(properties):
            context.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        domain = f"{name}.s3.{context.account.environment.url_suffix}"
        arn = context.account.arn("s3", name, region=False, account=False)
        return Made(name, {"Arn": arn, "DomainName": domain, "RegionalDomainName": domain})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        context.client("s3").put_bucket_tagging(
            Bucket=existing.physical_id, Tagging={"TagSet": tag_list(new)}
        )
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        s3, name = context.client("s3"), existing.physical_id
        # belief: AWS-bucket-not-empty
        if s3.list_objects_v2(Bucket=name).get("KeyCount"):
            raise ResourceError(f"BucketNotEmpty: the bucket {name} is not empty")
        s3.delete_bucket(Bucket=name)
