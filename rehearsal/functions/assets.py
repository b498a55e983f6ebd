"""The assembly's assets: unpacked for the functions that run from them, or in the bucket of the bootstrap."""

# no belief: files of the assembly

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from rehearsal.aws.account import Account
from rehearsal.charts.toolchain import cache_folder, unpack

_TOOLS = ("kubectl", "helm", "awscli")


def unpacked(asset: Path) -> Path:
    """The folder behind an asset: itself, or the unpacked content of a zip, kept in the user's cache.

    Args:
        asset: A folder or a zip of the assembly. CDK names assets by a hash of their content or recipe,
            so name, size and nothing else tell whether an unpacked copy is still the same.
    """
    if asset.is_dir():
        return asset
    identity = hashlib.sha256(f"{asset.name} {asset.stat().st_size}".encode()).hexdigest()[:20]
    return unpack(asset, cache_folder() / "layers" / identity)


def search_path(layers: list[Path]) -> str:
    """PATH for a function: its layers' tool folders (on AWS `/opt/...`), then this machine's own."""
    folders = [str(layer / tool) for layer in layers for tool in _TOOLS if (layer / tool).is_dir()]
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])


def publish(account: Account, asset: Callable[[str], Path], url: str) -> None:
    """Put the assembly's asset into the object that an address names, folders zipped.

    Args:
        account: The account of the bucket, which counts as older than the deployment, as the bootstrap's is.
        asset: The local file or folder behind an object key.
        url: ``s3://BUCKET/KEY``, as in the template.

    Raises:
        AssemblyError: The assembly has no asset of this key.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    path = asset(key)
    storage = account.client("s3")
    with account.lock:
        if bucket not in account.existing:
            region = account.environment.region
            # us-east-1 is the only region that must not be named.
            where = (
                {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            )
            storage.create_bucket(Bucket=bucket, **where)
            account.existing.add(bucket)
        storage.put_object(Bucket=bucket, Key=key, Body=_zipped(path) if path.is_dir() else path.read_bytes())


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()
