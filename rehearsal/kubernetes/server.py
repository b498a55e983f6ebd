"""HTTPS in front of the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

from rehearsal.kubernetes import notices
from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.authorization import ANONYMOUS
from rehearsal.kubernetes.calls import ApiAnswer, Call
from rehearsal.kubernetes.endpoint import Endpoint
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Object, Request
from rehearsal.kubernetes.sizes import check_request
from rehearsal.serving import Handler

# Kubernetes shows these paths to everyone, so that load balancers can probe and clients can negotiate.
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
_NOBODY = Identity(ANONYMOUS)
# A document that is asked for with its hash never changes, so clients keep it:
# https://github.com/kubernetes/kube-openapi/blob/master/pkg/handler3/handler.go
_KEPT = (("Cache-Control", "public, immutable"), ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT"))


class ApiServer(Endpoint):
    """Serves an API."""

    def __init__(self, api: Api, identify: Callable[[str], Identity | None]) -> None:
        super().__init__()
        self._api, self._identify = api, identify

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        outer = self

        class Calls(CallHandler):
            owner = outer

        self.listen(Calls)

    def answer(self, call: Call, authorization: str) -> ApiAnswer:
        """Answer a call and record it."""
        identity: Identity | None = None
        try:
            self.fail_on_purpose(call.method, call.path)
            identity = self._identity(call, authorization)
            check_request(call.body)
            answer = self._api.answer(call, identity)
        except ApiError as error:
            answer = ApiAnswer(error.code, error.status())
        # no belief: a bug here
        except Exception as error:  # a bug here must reach the client as an answer, not as a hang-up
            message = f"the embedded API server failed: {type(error).__name__}: {error}"
            answer = ApiAnswer(500, ApiError(500, "InternalError", message).status())
        username = identity.username if identity else None
        self.requests.append(Request(call.method, call.path, answer.status, username))
        return answer

    def _identity(self, call: Call, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        identity = None
        if scheme == "Bearer":
            identity = self._identify(token) or self._api.tokens.identify(token)
        if identity is None and not authorization and call.path.startswith(_PUBLIC):
            return _NOBODY
        # belief: K8S-unknown-token
        if identity is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return identity


# belief: K8S-aggregated-discovery
def content_type(body: Object) -> str:
    """What the answer says about itself: clients look there whether discovery is in one document."""
    if body.get("kind") != "APIGroupDiscoveryList":
        return "application/json"
    version = body["apiVersion"].rpartition("/")[2]
    return f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


class CallHandler(Handler):
    """Reads calls for its owner, and writes the answers."""

    timeout = 3600
    owner: ApiServer

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        call = Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            content_type=(self.headers.get("Content-Type") or "").partition(";")[0].strip(),
            body=self.body(),
            agent=(self.headers.get("User-Agent") or "").partition("/")[0],
            accept=self.headers.get("Accept") or "",
            user=self.headers.get("Impersonate-User") or "",
            user_groups=tuple(self.headers.get_all("Impersonate-Group") or ()),
        )
        with notices.collecting() as warnings:
            answer = self.owner.answer(call, self.headers.get("Authorization") or "")
        headers = [("Warning", notices.header(warning)) for warning in warnings]
        if isinstance(answer.body, Iterator):
            self._stream(answer.body)
        elif isinstance(answer.body, str):
            self.reply(answer.status, answer.body.encode(), "text/plain")
        elif isinstance(answer.body, bytes):
            self.reply(answer.status, answer.body, headers=_KEPT if "hash" in call.query else ())
        else:
            content = json.dumps(answer.body).encode()
            self.reply(answer.status, content, content_type(answer.body), headers=headers)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer do_GET, do_POST and so on, for which the standard library looks, all in the same way."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _stream(self, events: Iterator[Object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for event in events:
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
