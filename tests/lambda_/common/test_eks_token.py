from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import botocore
import pytest


def presigned(token: str) -> str:
    """The URL inside a token."""
    prefix, encoded = token.split(".", 1)
    assert prefix == "k8s-aws-v1"
    assert "=" not in encoded
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def sign(key: bytes, *parts: str) -> bytes:
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def test_the_token_is_a_presigned_request_for_the_callers_identity(
    code: SimpleNamespace, role: dict[str, str]
) -> None:
    credentials = code.eks_token.find_credentials()
    parts = urlsplit(presigned(code.eks_token.make_token("demo", "eu-central-1", credentials)))
    query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    date = query.pop("X-Amz-Date")
    assert len(query.pop("X-Amz-Signature")) == 64
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "sts.eu-central-1.amazonaws.com", "/")
    assert query == {
        "Action": "GetCallerIdentity",
        "Version": "2011-06-15",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{role['AWS_ACCESS_KEY_ID']}/{date[:8]}/eu-central-1/sts/aws4_request",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
        "X-Amz-Security-Token": role["AWS_SESSION_TOKEN"],
    }


def test_the_signature_is_the_one_sts_will_compute(code: SimpleNamespace, role: dict[str, str]) -> None:
    credentials = code.eks_token.find_credentials()
    url = presigned(code.eks_token.make_token("demo", "eu-central-1", credentials))
    unsigned, signature = url.split("&X-Amz-Signature=")
    query = sorted(urlsplit(unsigned).query.split("&"))
    date = next(item.split("=")[1] for item in query if item.startswith("X-Amz-Date="))
    host = "sts.eu-central-1.amazonaws.com"
    headers = f"host:{host}\nx-k8s-aws-id:demo\n"
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["GET", "/", "&".join(query), headers, "host;x-k8s-aws-id", empty])
    scope = f"{date[:8]}/eu-central-1/sts/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = sign(b"AWS4" + role["AWS_SECRET_ACCESS_KEY"].encode(), *scope.split("/"))
    assert signature == sign(key, to_sign).hex()


def test_another_cluster_gets_another_signature(code: SimpleNamespace) -> None:
    credentials = code.eks_token.find_credentials()
    urls = [
        presigned(code.eks_token.make_token(name, "eu-central-1", credentials)) for name in ("one", "two")
    ]
    assert urls[0].rsplit("=", 1)[1] != urls[1].rsplit("=", 1)[1]


def test_sts_is_asked_in_the_regions_own_partition(code: SimpleNamespace) -> None:
    data = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
    regions = {
        region: partition["outputs"]["dnsSuffix"]
        for partition in data["partitions"]
        for region in partition["regions"]
        if not region.endswith("-global")
    }
    assert {"eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= set(regions)
    wrong = {
        region: code.eks_token.sts_host(region)
        for region, suffix in regions.items()
        if code.eks_token.sts_host(region) != f"sts.{region}.{suffix}"
        or not code.eks_token.REGION.fullmatch(region)
    }
    assert wrong == {}


def test_missing_credentials_are_refused(code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code.eks_token, "get_session", lambda: SimpleNamespace(get_credentials=lambda: None))
    with pytest.raises(code.errors.PermanentError, match="credentials: must come from the function's role"):
        code.eks_token.find_credentials()
