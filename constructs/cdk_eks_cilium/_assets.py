"""The code of our Lambda functions as assets."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_

from cdk_eks_cilium.function_code import function_folder


def lambda_code(name: str, *, common: bool = False) -> lambda_.Code:
    """The code asset of ``lambda/<name>``.

    The path is absolute, because CDK resolves relative ones against the working directory that
    Python had when aws_cdk was imported. Byte code is left out: pip compiles what it installs,
    which would give every machine another asset hash.

    Args:
        name: The function's folder, named as its construct.
        common: Whether the modules of ``lambda/common`` go with it.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
    """
    folder = function_folder(name, common=common)
    return lambda_.Code.from_asset(str(folder), exclude=["**/__pycache__", "**/*.pyc"])
