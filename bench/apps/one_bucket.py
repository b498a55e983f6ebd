"""The smallest app: the time to start Python, Node.js and the CDK."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

FLAGS = json.loads(Path(__file__).resolve().parents[2].joinpath("cdk.json").read_text(encoding="utf-8"))

app = cdk.App(context=FLAGS["context"])
stack = cdk.Stack(app, "bucket", env=cdk.Environment(region="eu-west-1"))
s3.Bucket(stack, "Bucket")
app.synth()
