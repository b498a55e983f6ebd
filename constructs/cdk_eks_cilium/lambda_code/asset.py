"""The code of our Lambda functions as assets."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from cdk_eks_cilium.lambda_code.folder import folder_hash, function_folder


def function_asset(name: str) -> lambda_.Code:
    """The code asset of a function, by its folder in ``lambda``: its modules and nothing else.

    The path is absolute, because CDK resolves relative ones against the working directory that Python had
    when aws_cdk was imported.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
    """
    folder = function_folder(name)
    return lambda_.Code.from_asset(
        str(folder),
        # What a file manager puts there afterwards stays out.
        exclude=["*", "!*/", "!*.py"],
        ignore_mode=cdk.IgnoreMode.GIT,
        asset_hash=folder_hash(folder),
    )
