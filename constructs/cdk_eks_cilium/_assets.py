"""Where the code of our Lambda functions lies: in a checkout, or inside the installed wheel."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_lambda as lambda_

_PACKAGE = Path(__file__).resolve().parent


def lambda_code(name: str) -> lambda_.Code:
    """The code asset of ``lambda/<name>``.

    The path is absolute, because CDK resolves relative ones against the working directory that
    Python had when aws_cdk was imported. Byte code is left out: pip compiles what it installs,
    which would give every machine another asset hash.

    Args:
        name: The function's folder, named as its construct.

    Raises:
        FileNotFoundError: If neither the wheel nor a checkout around this file holds the folder.
    """
    for base in (_PACKAGE / "_lambda", _PACKAGE.parents[1] / "lambda"):
        folder = base / name
        if (folder / "index.py").is_file():
            return lambda_.Code.from_asset(str(folder), exclude=["**/__pycache__", "**/*.pyc"])
    raise FileNotFoundError(f"the code of the Lambda function {name!r} is not in this installation")
