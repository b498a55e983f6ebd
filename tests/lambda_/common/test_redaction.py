from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest

URL = "https://bucket.s3.amazonaws.com/answer?X-Amz-Credential=ASIA%2F1&X-Amz-Signature=0f0f"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("token k8s-aws-v1.aGVsbG8_-x was bad", "token [redacted] was bad"),
        ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
        ("https://sts/?A=1&X-Amz-Signature=0f0f&x-amz-date=1", "https://sts/?A=1&[redacted]&[redacted]"),
        ("No. Encoded authorization failure message: c2VjcmV0", "No."),
        ("nothing secret", "nothing secret"),
    ],
)
def test_tokens_and_signed_parameters_are_redacted(text: str, redacted: str, code: SimpleNamespace) -> None:
    assert code.redaction.redact(text) == redacted


@pytest.mark.parametrize("kind", ["PermanentError", "DeadlineError"])
def test_no_error_carries_a_presigned_url(kind: str, code: SimpleNamespace) -> None:
    error = getattr(code.errors, kind)(f"first line\ngot {URL}")
    assert str(error) == "first line\ngot https://bucket.s3.amazonaws.com/answer?[redacted]&[redacted]"


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_no_line_of_the_log_carries_a_secret_and_each_stays_json(
    level: str, code: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    getattr(code.logs.Log("test"), level)({"url": URL, "header": "Bearer abc", "percent": "100%s"})
    (record,) = caplog.records
    assert record.levelname == level.upper()
    assert json.loads(record.getMessage()) == {
        "url": "https://bucket.s3.amazonaws.com/answer?[redacted]&[redacted]",
        "header": "[redacted]",
        "percent": "100%s",
    }


def test_botocore_logs_no_request(code: SimpleNamespace) -> None:
    assert logging.getLogger("botocore.auth").getEffectiveLevel() >= logging.INFO
