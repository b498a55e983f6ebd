from __future__ import annotations

import base64

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.protobuf import MAGIC, decode


def text(number: int, value: str | bytes) -> bytes:
    """A length-delimited field; lengths below 128 fit one byte."""
    data = value.encode() if isinstance(value, str) else value
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def envelope(kind: str, raw: bytes) -> bytes:
    return MAGIC + text(1, text(1, "v1") + text(2, kind)) + text(2, raw)


def test_a_secret_reads_as_its_json() -> None:
    metadata = text(1, "release") + text(3, "kube-system") + text(11, text(1, "owner") + text(2, "helm"))
    metadata += bytes([7 << 3, 150, 1]) + text(8, bytes([1 << 3, 100]))
    entry = text(1, "release") + text(2, b"\x00\xff")
    raw = text(1, metadata) + text(2, entry) + text(3, "helm.sh/release.v1") + bytes([5 << 3, 1])
    assert decode(envelope("Secret", raw)) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "release",
            "namespace": "kube-system",
            "labels": {"owner": "helm"},
            "generation": 150,
            "creationTimestamp": "1970-01-01T00:01:40Z",
        },
        "data": {"release": base64.b64encode(b"\x00\xff").decode()},
        "type": "helm.sh/release.v1",
        "immutable": True,
    }


def test_unset_texts_and_unknown_fields_are_left_out() -> None:
    raw = text(1, text(1, "a") + text(2, "")) + text(9, "new") + bytes([10 << 3 | 5, 1, 2, 3, 4])
    assert decode(envelope("ConfigMap", raw))["metadata"] == {"name": "a"}


def test_a_kind_that_is_not_in_the_table_is_refused_in_words() -> None:
    with pytest.raises(ApiError, match="Gadget is understood as JSON only, not as protobuf") as refused:
        decode(envelope("Gadget", b""))
    assert refused.value.code == 415


@pytest.mark.parametrize("body", [b"{}", MAGIC + b"\x0a\x7fshort", MAGIC + b"\x0b"])
def test_a_broken_body_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        decode(body)
    assert refused.value.code == 400
