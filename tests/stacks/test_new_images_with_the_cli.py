"""What the pinned CDK CLI does with a parameter of Systems Manager whose value changed.

The image of nodes is such a parameter. CloudFormation's side is a server with its answers, in which the image
is a new one: a change set has a change, though the template is the deployed one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import pytest

from tests.unit.doctor.readers.accounts import ACCOUNT, REGION, Account, serving

CLI: Final = Path(__file__).resolve().parents[2] / "node_modules/aws-cdk/bin/cdk"
NOWHERE: Final = "http://127.0.0.1:9"
STACK: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/nodes/1"
CHANGE_SET: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/c/1"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
CHANGE: Final = (
    "<Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action>"
    "<LogicalResourceId>Nodes</LogicalResourceId><ResourceType>AWS::EC2::LaunchTemplate</ResourceType>"
    "<Replacement>False</Replacement><Scope><member>Properties</member></Scope><Details><member><Target>"
    "<Attribute>Properties</Attribute><Name>LaunchTemplateData</Name></Target><Evaluation>Static</Evaluation>"
    "<ChangeSource>ParameterReference</ChangeSource><CausingEntity>Image</CausingEntity></member></Details>"
    "</ResourceChange></member></Changes>"
)

pytestmark = pytest.mark.slow

Cdk = Callable[..., "subprocess.CompletedProcess[str]"]


def template(kind: str) -> str:
    """A launch template with the image of a parameter of a type."""
    data = {"ImageId": {"Ref": "Image"}}
    return json.dumps(
        {
            "Parameters": {"Image": {"Type": kind, "Default": "/image"}},
            "Resources": {
                "Nodes": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
            },
        }
    )


def xml(operation: str, inner: str = "") -> tuple[int, str]:
    return 200, f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"


@pytest.fixture
def account() -> Iterator[Account]:
    """An account with the stack, which was deployed with another image."""
    parameter = "<ParameterKey>Image</ParameterKey><ParameterValue>/image</ParameterValue>"
    answers = {
        "GetCallerIdentity": xml(
            "GetCallerIdentity", f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/me</Arn>"
        ),
        "DescribeStacks": xml(
            "DescribeStacks",
            f"<Stacks><member><StackName>nodes</StackName><StackId>{STACK}</StackId>"
            "<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-01T00:00:00Z</CreationTime>"
            f"<Parameters><member>{parameter}</member></Parameters></member></Stacks>",
        ),
        "DeleteChangeSet": xml("DeleteChangeSet"),
        "CreateChangeSet": xml("CreateChangeSet", f"<Id>{CHANGE_SET}</Id><StackId>{STACK}</StackId>"),
        "DescribeChangeSet": xml(
            "DescribeChangeSet",
            f"<ChangeSetName>c</ChangeSetName><ChangeSetId>{CHANGE_SET}</ChangeSetId>"
            f"<StackName>nodes</StackName><Status>CREATE_COMPLETE</Status>{CHANGE}",
        ),
    }
    with serving(NOWHERE, answers) as made:
        yield made


@pytest.fixture
def cdk(account: Account, tmp_path: Path) -> Cdk:
    node = os.environ.get("JSII_NODE") or shutil.which("node")
    if node is None or not CLI.is_file():
        pytest.skip("the CDK CLI is not installed here: run npm ci")
    command = [node, str(CLI)]
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": account.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "CI": "true",
    }

    def run(kind: str, *words: str) -> subprocess.CompletedProcess[str]:
        artifact = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/{REGION}",
            "properties": {"templateFile": "t.json", "stackName": "nodes"},
        }
        out = tmp_path / "cdk.out"
        out.mkdir()
        (out / "manifest.json").write_text(
            json.dumps({"version": "40.0.0", "artifacts": {"nodes": artifact}})
        )
        (out / "t.json").write_text(template(kind))
        account.answers["GetTemplate"] = xml(
            "GetTemplate", f"<TemplateBody>{escape(template(kind))}</TemplateBody>"
        )
        return subprocess.run(
            [*command, "--app", str(out), "--no-notices", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


PUBLISHED: Final = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"


def test_diff_does_not_show_a_new_image(cdk: Cdk, account: Account) -> None:
    """Even though the change set that it makes for the diff tells the change."""
    done = cdk(PUBLISHED, "diff", "nodes", "--fail")
    assert "DescribeChangeSet" in account.asked
    assert "Number of stacks with differences: 0" in done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(("kind", "deploys"), [(PUBLISHED, True), ("String", False)])
def test_deploy_asks_cloudformation_only_because_of_the_parameter(
    cdk: Cdk, account: Account, kind: str, deploys: bool
) -> None:
    account.refuse("DescribeChangeSet", "ChangeSetNotFound", 404)
    account.refuse("CreateChangeSet", "AccessDenied")
    done = cdk(kind, "deploy", "nodes", "--require-approval", "never")
    assert ("CreateChangeSet" in account.asked) is deploys
    assert ("(no changes)" in done.stdout + done.stderr) is not deploys
