"""Questions about rights, which are asked by creating a review."""

from __future__ import annotations

from rehearsal.kubernetes.authorization import Attempt, Authorizer
from rehearsal.kubernetes.calls import ApiAnswer, Call, read_body
from rehearsal.kubernetes.errors import bad_request
from rehearsal.kubernetes.model import Identity


def review_access(authorizer: Authorizer, call: Call, identity: Identity) -> ApiAnswer:
    """Whether the caller may do something."""
    review = read_body(call)
    wanted = review.get("spec", {}).get("resourceAttributes") or {}
    resource = wanted.get("resource", "")
    if wanted.get("subresource"):
        resource += f"/{wanted['subresource']}"
    attempt = Attempt(
        wanted.get("verb", ""),
        wanted.get("group", ""),
        resource,
        wanted.get("namespace", ""),
        wanted.get("name", ""),
    )
    return ApiAnswer(201, review | {"status": {"allowed": authorizer.allows(identity, attempt)}})


# belief: K8S-access-review
def review_rules(authorizer: Authorizer, call: Call, identity: Identity) -> ApiAnswer:
    """All that the caller may do in a namespace."""
    review = read_body(call)
    namespace = review.get("spec", {}).get("namespace", "")
    if not namespace:
        raise bad_request("no namespace on request")
    rules = authorizer.rules(identity, namespace)
    status = {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
    return ApiAnswer(201, review | {"status": status})
