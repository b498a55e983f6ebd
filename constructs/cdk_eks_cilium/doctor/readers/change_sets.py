"""Makes a change set of each stack, reads what CloudFormation says, and deletes it.

CloudFormation validates a change set before it can be executed: properties by their schemas, names that are
taken, quotas and hooks.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html A change set of
a stack that does not exist makes the stack, in REVIEW_IN_PROGRESS and without resources:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html. Such a stack goes
too.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.account_kinds import CHANGE_SETS
from cdk_eks_cilium.doctor.engine.reader import Object, Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.problems.aws_failures import code_of

from .assembly import Stack, read_stacks
from .aws_words import unread
from .before import ROLE

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: of TemplateBody
_LARGEST_BODY: Final = 51_200
_NAME: Final = "cdk-eks-cilium-preflight"
_REVIEW: Final = "REVIEW_IN_PROGRESS"
_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_ENDED: Final = ("CREATE_COMPLETE", "FAILED")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html#troubleshooting-errors-no-updates-to-perform
_UNCHANGED: Final = ("didn't contain changes", "No updates are to be performed")
_EVENTS: Final = ("VALIDATION_ERROR", "HOOK_INVOCATION_ERROR", "PROVISIONING_ERROR")
PAUSE: Final = 2.0
"""Seconds between two questions whether a change set is done."""


@dataclass(frozen=True)
class Made:
    """What was made in CloudFormation, and must go again.

    Attributes:
        stack: The name of the stack.
        change_set: The name of its change set.
        new: Whether the stack was not there before.
    """

    stack: str
    change_set: str
    new: bool


class ChangeSetReader:
    """CloudFormation, asked what it says of the stacks of an assembly."""

    def __init__(self, session: Any, folder: Path, seconds: float = 120, pause: float = PAUSE) -> None:
        """Ask about the stacks of an assembly.

        Args:
            session: A session of boto3 with a region.
            folder: The assembly.
            seconds: How long all change sets may take.
            pause: Seconds between two questions whether a change set is done.

        Raises:
            AssemblyError: The folder is not an assembly.
        """
        self._session = session
        self._stacks = read_stacks(folder)
        self._until = time.monotonic() + seconds
        self._pause = pause
        self._lock = threading.Lock()
        self._made: list[Made] = []
        self._closed = False

    def read(self, reading: Reading) -> Read | None:
        """What CloudFormation says of each stack; None for another reading.

        Raises:
            UnreadError: CloudFormation cannot be asked at all.
        """
        if reading != CHANGE_SETS:
            return None
        exports = self._asked("cloudformation:ListExports", self._exports)
        return Read(tuple(self._stack(stack, exports) for stack in self._stacks))

    def close(self) -> None:
        """Delete what is left, such as after Ctrl-C; then nothing more is made.

        Raises:
            UnreadError: Something stays, and the text says what.
        """
        with self._lock:
            self._closed = True
            left = list(self._made)
        told = [text for made in left for text in self._delete(made)]
        if told:
            raise UnreadError("; ".join(told))

    def _stack(self, stack: Stack, exports: frozenset[str]) -> Object:
        found: dict[str, Any] = {"stack": stack.name, "unknown": []}
        missing = [name for name in stack.imports if name not in exports]
        if missing:
            found["skipped"] = f"it imports from stacks that are not deployed yet: {', '.join(missing[:3])}"
            return found
        try:
            status = self._asked("cloudformation:DescribeStacks", lambda: self._status(stack.name))
            if status and status != _REVIEW and status.endswith("_IN_PROGRESS"):
                found["skipped"] = f"an operation runs: {status}"
                return found
            template = self._template(stack)
        except UnreadError as error:
            found["unknown"].append(str(error))
            return found
        made = Made(stack.name, f"{_NAME}-{uuid.uuid4().hex[:12]}", new=not status)
        try:
            self._create(made, stack, template, exists=bool(status) and status != _REVIEW)
            found |= self._outcome(made)
            found["events"] = self._asked("cloudformation:DescribeEvents", lambda: list(self._events(made)))
        except _RefusedError as error:
            found |= {"status": "FAILED", "reason": str(error)}
        except UnreadError as error:
            found["unknown"].append(str(error))
        finally:
            found["unknown"] += self._delete(made)
        return found

    def _create(self, made: Made, stack: Stack, template: dict[str, str], *, exists: bool) -> None:
        def create() -> None:
            self._client.create_change_set(
                StackName=made.stack,
                ChangeSetName=made.change_set,
                ChangeSetType="UPDATE" if exists else "CREATE",
                Capabilities=_CAPABILITIES,
                Description="cdk-eks-cilium preflight: to be read and deleted",
                Tags=[{"Key": key, "Value": value} for key, value in stack.tags.items()],
                **template,
            )

        with self._lock:
            if self._closed:
                raise UnreadError("the call was interrupted")
            # Noted before: what becomes of a call that is cut off is not known.
            self._made.append(made)
            try:
                self._asked("cloudformation:CreateChangeSet", create, refusals=True)
            except _RefusedError:
                self._made.remove(made)
                raise

    def _outcome(self, made: Made) -> dict[str, Any]:
        """The status of a change set that is done."""
        while True:
            answer = self._asked(
                "cloudformation:DescribeChangeSet",
                lambda: self._client.describe_change_set(StackName=made.stack, ChangeSetName=made.change_set),
            )
            status, reason = str(answer.get("Status")), str(answer.get("StatusReason") or "")
            if status in _ENDED:
                unchanged = any(text in reason for text in _UNCHANGED)
                return {"status": status, "reason": reason, "unchanged": unchanged}
            if time.monotonic() > self._until:
                raise UnreadError(f"its change set is still {status}: give it longer with --timeout")
            time.sleep(self._pause)

    def _events(self, made: Made) -> Iterator[dict[str, Any]]:
        """What validation and hooks say.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEvent.html
        """
        pages = self._client.get_paginator("describe_events")
        for answer in pages.paginate(StackName=made.stack, ChangeSetName=made.change_set):
            for event in answer.get("OperationEvents") or ():
                if event.get("EventType") in _EVENTS:
                    yield _event(event)

    def _delete(self, made: Made) -> list[str]:
        """Delete a change set, and its stack if it was not there before; what stays, in words."""
        told: list[str] = []
        with self._lock:
            if made not in self._made:
                return told  # refused, or gone already
            self._made.remove(made)
        region = self._client.meta.region_name

        def attempt(action: str, call: Callable[[], Any], way: str) -> None:
            try:
                self._asked(action, call)
            except UnreadError as error:
                told.append(f"{error}; what was made stays: {way}")

        attempt(
            "cloudformation:DeleteChangeSet",
            lambda: self._gone(
                lambda: self._client.delete_change_set(StackName=made.stack, ChangeSetName=made.change_set)
            ),
            f"aws cloudformation delete-change-set --region {region} --stack-name {made.stack} "
            f"--change-set-name {made.change_set}",
        )
        if made.new:
            attempt(
                "cloudformation:DeleteStack",
                lambda: self._delete_empty(made.stack),
                f"aws cloudformation delete-stack --region {region} --stack-name {made.stack}",
            )
        return told

    def _delete_empty(self, name: str) -> None:
        # A stack in any other state is somebody's, who deployed it meanwhile.
        if self._status(name) == _REVIEW:
            self._client.delete_stack(StackName=name)

    @staticmethod
    def _gone(call: Callable[[], Any]) -> None:
        """Call, and take it for good if there is nothing to delete."""
        from botocore.exceptions import ClientError

        try:
            call()
        except ClientError as error:
            if code_of(error) not in ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError"):
                raise

    def _exports(self) -> frozenset[str]:
        pages = self._client.get_paginator("list_exports").paginate()
        return frozenset(each["Name"] for answer in pages for each in answer.get("Exports") or ())

    def _status(self, name: str) -> str:
        """The status of a stack; empty if it is not there."""
        from botocore.exceptions import ClientError

        try:
            answer = self._client.describe_stacks(StackName=name)
        except ClientError as error:
            if code_of(error) == "ValidationError":
                return ""
            raise
        stacks = [each for each in answer["Stacks"] if each["StackStatus"] != "DELETE_COMPLETE"]
        return str(stacks[0]["StackStatus"]) if stacks else ""

    def _template(self, stack: Stack) -> dict[str, str]:
        """The template as a parameter: its text, or its place in S3 if the text is too large.

        Raises:
            UnreadError: It is too large, and not in S3.
        """
        text = stack.template.read_text(encoding="utf-8")
        if len(text.encode()) <= _LARGEST_BODY:
            return {"TemplateBody": text}
        account = str(self._asked("sts:GetCallerIdentity", self._account)["Account"])
        region = self._client.meta.region_name
        bucket, key = stack.bucket_and_key(account, region)
        if not self._asked("s3:GetObject", lambda: self._has(bucket, key)):
            raise UnreadError(
                f"its template is larger than {_LARGEST_BODY} bytes, and the bucket {bucket} of CDK "
                "lacks it; "
                f"upload it: aws s3 cp {stack.template} s3://{bucket}/{key}"
            )
        return {"TemplateURL": f"https://{bucket}.s3.{region}.{_suffix(region)}/{key}"}

    def _account(self) -> Any:
        return self._session.client("sts").get_caller_identity()

    def _has(self, bucket: str, key: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._session.client("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey", "NoSuchBucket"):
                return False
            raise
        return True

    @property
    def _client(self) -> Any:
        if not hasattr(self, "_made_client"):
            from botocore.config import Config

            config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "adaptive"})
            self._made_client = self._session.client("cloudformation", config=config)
        return self._made_client

    @staticmethod
    def _asked(action: str, ask: Callable[[], Any], *, refusals: bool = False) -> Any:
        """What a call gives.

        Args:
            action: The action of IAM.
            ask: The call.
            refusals: Whether an error of validation is told with its text, which is about the template.
        """
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return ask()
        except ClientError as error:
            if refusals and code_of(error) == "ValidationError":
                raise _RefusedError(str(error.response["Error"].get("Message") or "")) from None
            raise unread(error, action, f"{ROLE} --change-set") from None
        except (BotoCoreError, ResponseParserError, OSError, ValueError) as error:
            raise unread(error, action, f"{ROLE} --change-set") from None


class _RefusedError(Exception):
    """CloudFormation refuses a template; its words."""


def _event(event: dict[str, Any]) -> dict[str, Any]:
    hook = event.get("EventType") == "HOOK_INVOCATION_ERROR"
    mode = event.get("HookFailureMode" if hook else "ValidationFailureMode")
    told = ("HookStatusReason",) if hook else ("ValidationStatusReason", "ResourceStatusReason")
    return {
        "resource": event.get("LogicalResourceId"),
        "path": event.get("ValidationPath") or "",
        "reason": next((str(event[name]) for name in told if event.get(name)), event.get("EventType")),
        "name": event.get("HookType") if hook else event.get("ValidationName"),
        "failed": mode != "WARN",
    }


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
