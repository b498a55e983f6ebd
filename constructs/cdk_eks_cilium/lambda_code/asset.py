"""The code of our Lambda functions as assets."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_

from cdk_eks_cilium.lambda_code.folder import function_folder


def function_asset(name: str) -> lambda_.Code:
    """The code asset of a function, by its folder in ``lambda``.

    The path is absolute, because CDK resolves relative ones against the working directory that Python had
    when aws_cdk was imported. Byte code is left out, which would give every machine another asset hash.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
    """
    return lambda_.Code.from_asset(str(function_folder(name)), exclude=["**/__pycache__", "**/*.pyc"])
