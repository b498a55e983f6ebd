"""Why a request was denied by something else than missing rights, so that asking again would not help.

RBAC answers 403 too, and its rights may only be late: its message says who "cannot" do what. The denials here
have texts of their own, which their sources fix:

- webhooks: https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/webhook/errors/statuserror.go
- admission policies:
  https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/policy/validating/dispatcher.go
- quotas: https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/resourcequota/controller.go
- namespaces that go, with the cause ``NamespaceTerminating``:
  https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/namespace/lifecycle/admission.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from api_server import Answer

_TERMINATING: Final = "NamespaceTerminating"
#: What a denial's message says, and how to be rid of it; the group is the name of what denied.
# belief: K8S-denials-name-their-cause
_DENIALS: Final = (
    (
        re.compile(r'admission webhook "([^"]+)" denied the request'),
        "change what webhook {0} objects to, or let its owner exempt this function's role",
    ),
    (
        re.compile(r"ValidatingAdmissionPolicy '([^']+)'.* denied request", re.DOTALL),
        "change what ValidatingAdmissionPolicy {0} objects to, or let its owner exempt this function's role",
    ),
    (
        re.compile(r"(?:exceeded|failed) quota: ([^,:\s]+)"),
        "raise ResourceQuota {0} (kubectl describe quota {0}) or delete what fills it",
    ),
    (
        re.compile(r"in namespace ([^\s]+) because it is being terminated"),
        "wait until namespace {0} is gone (kubectl get namespace {0}), and create it anew",
    ),
)


def fix_of(answer: Answer) -> str:
    """How to be rid of the denial, in words; an empty text if the answer is another one."""
    if not 400 <= answer.status < 500 or answer.status in (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS):
        return ""
    message = str(answer.get("message") or "")
    for pattern, fix in _DENIALS:
        found = pattern.search(message)
        if found:
            return f"{fix.format(found[1])}, then deploy again"
    causes = answer.get("details", "causes")
    reasons = [each.get("reason") for each in causes or () if isinstance(each, Mapping)]
    if _TERMINATING in reasons:
        return "wait until the namespace is gone, and create it anew, then deploy again"
    return ""
