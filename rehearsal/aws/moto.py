"""The AWS of a rehearsal: moto's server in this process, reached with ordinary boto3 clients."""

# no belief: moto itself

from __future__ import annotations

import contextlib
import functools
import os
import threading
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.aws.addons_api import Application
from rehearsal.aws.direct import Direct
from rehearsal.aws.environment import Environment
from rehearsal.aws.iam import Access, Caller
from rehearsal.aws.iam.gate import Gate

# A repeated call would act twice. Calls of this process have no limit of time, either (`Direct`): should moto
# hang, nothing moves any more, and the pace clock tells (`Pace.on_standstill`).
_ONCE = Config(retries={"max_attempts": 0})


@dataclass(frozen=True)
class Credentials:
    """Session credentials of a role, as a Lambda function gets them."""

    access_key: str
    secret_key: str
    session_token: str
    role_arn: str
    session: str = "session"
    tags: Mapping[str, str] = field(default_factory=dict)
    subnets: tuple[str, ...] = ()

    @property
    def caller(self) -> Caller:
        """Who signs with them."""
        return Caller(self.role_arn, self.session, self.tags, self.subnets)

    def variables(self) -> dict[str, str]:
        """The environment variables the SDKs read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


@functools.cache
def _moto() -> tuple[Any, Any]:
    """moto's application, which is the same for every rehearsal of the process, and its request handler.

    Its services are imported on first use, and the list of their names is a folder: moto reads it again for
    each request, which takes longer than most requests. So it does with the names of a service's methods.
    """
    from moto import backends
    from moto.core import responses
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )

    names = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: names
    names_of = "method_names_from_class"
    vars(responses)[names_of] = functools.cache(vars(responses)[names_of])
    return DomainDispatcherApplication(create_backend_app), MotoRequestHandler


class Cloud:
    """One account and region in moto. Start it, use its clients, stop it.

    moto keeps its state in the process, so only one can run at a time; starting resets it.

    Attributes:
        environment: The account and its region.
        access: IAM: it judges each call that is signed with credentials of a role.
        handed_out: Credentials of roles, by access key.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.access = Access(environment)
        self.handed_out: dict[str, Credentials] = {}
        self._callers: dict[str, Caller] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._server: BaseWSGIServer | None = None
        self._thread = threading.Thread()
        self._stack = contextlib.ExitStack()
        self.url = ""

    def start(self) -> None:
        """Starts the server on a free port, with nothing in it."""
        self._stack.enter_context(
            # AMIs are of no interest here and their list takes half a second to load.
            patch.dict(
                os.environ, MOTO_ACCOUNT_ID=self.environment.account, MOTO_EC2_LOAD_DEFAULT_AMIS="false"
            )
        )
        application, handler = _moto()
        gate = Gate(self.beside_moto(application), self.access, self._callers)
        self._direct = Direct(gate)
        self._server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        port = self._server.server_port
        # `localhost`, not 127.0.0.1: moto would take the first number for a bucket's name.
        self.url = f"http://localhost:{port}"
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).close()

    def beside_moto(self, application: Application) -> Application:
        """What answers the calls that IAM allows: moto, and around it what knows more than moto."""
        return application

    def stop(self) -> None:
        """Stops the server and restores the process environment."""
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None
        self._stack.close()

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """A boto3 client of the service, shared by all threads.

        Args:
            service: The service.
            credentials: Whose calls they are, so that IAM judges them; by default the rehearsal's own.
        """
        key = credentials.access_key if credentials else "rehearsal"
        with self._lock:
            if (service, key) not in self._clients:
                client = self._clients[service, key] = boto3.client(
                    service,
                    region_name=self.environment.region,
                    endpoint_url=self.url,
                    aws_access_key_id=key,
                    aws_secret_access_key=credentials.secret_key if credentials else key,
                    aws_session_token=credentials.session_token if credentials else None,
                    config=_ONCE,
                )
                self._direct.listen_to(client)
            return self._clients[service, key]

    def eks_cluster(self, name: str) -> Any:
        """moto's own record of an EKS cluster, for what its API cannot set."""
        from moto.eks.models import eks_backends

        return eks_backends[self.environment.account][self.environment.region].clusters[name]

    def assume(
        self,
        role_arn: str,
        session: str,
        tags: Mapping[str, str] | None = None,
        subnets: Iterable[str] = (),
    ) -> Credentials:
        """Credentials of a role, remembered so that a signed request can be led back to the role.

        Whether the role may be assumed is not asked: `Access.distrust` says that.

        Args:
            role_arn: The role.
            session: The name of the session; its first 64 characters count.
            tags: The tags of the session.
            subnets: The subnets that its calls leave from; none outside of a VPC.
        """
        name = session[:64]
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]
        credentials = Credentials(
            answer["AccessKeyId"],
            answer["SecretAccessKey"],
            answer["SessionToken"],
            role_arn,
            name,
            tags or {},
            tuple(subnets),
        )
        self.handed_out[credentials.access_key] = credentials
        self._callers[credentials.access_key] = credentials.caller
        return credentials

    def interfaces(self, **filters: str) -> list[dict[str, Any]]:
        """Network interfaces by filter; underscores in names stand for dashes."""
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        found: list[dict[str, Any]] = self.client("ec2").describe_network_interfaces(Filters=wanted)[
            "NetworkInterfaces"
        ]
        return found
