"""How to reach a cluster: from a kubeconfig, or from inside a pod.

The package ``kubernetes`` merges and reads kubeconfigs. Its errors are not shown: their texts contain whole
sections of the file, with tokens. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from . import plugin
from .unreachable import UnreachableError

_DEFAULT: Final = Path("~/.kube/config")
_IN_CLUSTER: Final = "KUBERNETES_SERVICE_HOST"


class KubeconfigError(Exception):
    """A kubeconfig cannot be used; the text says why, without what is in it."""


@dataclass(frozen=True)
class Access:
    """How to reach a cluster.

    Attributes:
        host: The address of the API, ``https://...``.
        name: What the kubeconfig calls the cluster; of EKS often its ARN.
        context: The name of the context; empty in a pod.
        tls: How its certificate is verified, with the certificate of the caller; None for plain HTTP.
        authorize: Gives the header ``Authorization``; empty without a token. It renews tokens that end.
        server_name: The name in the certificate, where it is not the host's.
        proxy: A proxy on the way; empty without one.
        hints: Words of the program that makes tokens, such as ``--cluster-name demo``.
    """

    host: str
    name: str = ""
    context: str = ""
    tls: ssl.SSLContext | None = None
    authorize: Callable[[], str] = field(default=lambda: "", repr=False)
    server_name: str = ""
    proxy: str = ""
    hints: tuple[str, ...] = ()


def access_of(kubeconfig: Path | None = None, context: str | None = None) -> Access:
    """The access of a context.

    Args:
        kubeconfig: The file. By default the files of ``KUBECONFIG``, else ``~/.kube/config``, else what a pod
            has.
        context: The context. By default the current one.

    Raises:
        KubeconfigError: The file or the context is missing, or cannot be used.
        UnreachableError: The program that gives credentials fails, or a pod lacks its service account.
        ImportError: The package ``kubernetes`` is not installed.
    """
    named = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG") or ""
    files = named or str(_DEFAULT)
    there = [path for each in files.split(os.pathsep) if each and (path := Path(each).expanduser()).is_file()]
    if there:
        return _of_files(os.pathsep.join(map(str, there)), context)
    if not named and not context and os.environ.get(_IN_CLUSTER):
        return _in_cluster()
    raise KubeconfigError(
        f"no such kubeconfig: {files}; write one with 'aws eks update-kubeconfig --name CLUSTER'"
    )


def _of_files(files: str, context: str | None) -> Access:
    import yaml
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.kube_config import KubeConfigMerger

    try:
        config = KubeConfigMerger(files).config
        chosen, cluster, user = _sections(config, files, context)
        return _loaded(config, chosen, cluster, user)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise KubeconfigError(f"{files}: not YAML{line}") from None
    except OSError as error:
        raise KubeconfigError(f"{files}: cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except (ConfigException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise KubeconfigError(f"{files}: not a kubeconfig that can be used: {_without_text(error)}") from None


def _without_text(error: Exception) -> str:
    return f"{type(error).__name__} while reading it; compare it with 'kubectl config view'"


def _sections(config: Any, files: str, context: str | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The chosen context, and its cluster and user, each with its name.

    Raises:
        KubeconfigError: One of them is missing.
    """
    value = {} if config is None else config.value
    chosen = context or value.get("current-context") or ""
    contexts = _named(value.get("contexts"))
    if not chosen:
        raise KubeconfigError(f"{files}: no context is current; name one with --context")
    if chosen not in contexts:
        known = ", ".join(sorted(contexts)) or "nothing"
        raise KubeconfigError(f"{files}: unknown context {chosen!r}; it has {known}")
    of_context = contexts[chosen].get("context") or {}
    found = []
    for kind in ("cluster", "user"):
        name = of_context.get(kind) or ""
        sections = _named(value.get(f"{kind}s"))
        if name not in sections and (kind == "cluster" or name):
            raise KubeconfigError(f"{files}: context {chosen!r} needs the {kind} {name!r}, which is missing")
        found.append({"name": name, **((sections.get(name) or {}).get(kind) or {})})
    cluster, user = found
    if not str(cluster.get("server") or "").startswith(("https://", "http://")):
        raise KubeconfigError(f"{files}: cluster {cluster['name']!r} needs a server, as https://HOST")
    if cluster.get("insecure-skip-tls-verify"):
        raise KubeconfigError(
            f"{files}: cluster {cluster['name']!r} has insecure-skip-tls-verify, and the doctor verifies "
            "certificates always; name the authority in certificate-authority-data instead"
        )
    return chosen, cluster, user


def _named(items: Any) -> dict[str, Any]:
    """The sections of a list by name. Sections are nodes of the package, which know their files."""
    found = {}
    for each in items or ():
        value = getattr(each, "value", each)
        found[str(value.get("name"))] = value
    return found


def _loaded(config: Any, context: str, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Access:
    from kubernetes.config.kube_config import KubeConfigLoader

    class Loader(KubeConfigLoader):  # type: ignore[misc]
        """Runs programs within bounds, and renews nothing over connections that nobody verifies."""

        def _load_from_exec_plugin(self) -> bool:
            section = user.get("exec")
            if not section:
                return False
            path = getattr(self._user, "path", None)
            status = plugin.credentials(section, cluster, Path(path).parent if path else None)
            self.__dict__.pop("expiry", None)
            if moment := _moment(status.get("expirationTimestamp")):
                self.expiry = moment
            if status.get("token"):
                self.token = f"Bearer {status['token']}"
            elif Path(folder).is_dir():  # later the connection has its certificate
                self.cert_file = _kept(folder, "client.crt", status["clientCertificateData"])
                self.key_file = _kept(folder, "client.key", status["clientKeyData"])
            return True

        def _load_auth_provider_token(self) -> None:
            section = user.get("auth-provider")
            if not section:
                return
            token = (section.get("config") or {}).get("id-token")
            if section.get("name") != "oidc" or not token:
                raise KubeconfigError(
                    f"the kubeconfig's auth-provider {section.get('name')!r} is not supported, as in kubectl "
                    "since 1.26; use a program, as 'aws eks update-kubeconfig' writes it"
                )
            self.token = f"Bearer {token}"

    settings = SimpleNamespace(api_key={}, host="", ssl_ca_cert=None, cert_file=None, key_file=None)
    settings.tls_server_name = settings.refresh_api_key_hook = None
    server = str(cluster["server"])
    with tempfile.TemporaryDirectory(prefix="cdk-eks-cilium-doctor-") as folder:
        loader = Loader(config, context, config_persister=None, temp_file_path=folder)
        if server.startswith("https://"):
            loader.load_and_set(settings)
        tls = _context(settings) if server.startswith("https://") else None
    hints = tuple(map(str, (user.get("exec") or {}).get("args") or ()))
    return Access(
        server.rstrip("/"),
        str(cluster["name"]),
        context,
        tls,
        _authorizing(settings),
        str(settings.tls_server_name or ""),
        _proxy(server, cluster),
        hints,
    )


def _kept(folder: str, name: str, content: str) -> str:
    file = Path(folder, name)
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")
    return str(file)


def _moment(text: Any) -> Any:
    from kubernetes.config.dateutil import parse_rfc3339

    return parse_rfc3339(text) if text else None


def _context(settings: SimpleNamespace) -> ssl.SSLContext:
    """What verifies the API's certificate: by the kubeconfig's authority, else by this machine's."""
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        # Python 3.13 wants extensions that the authorities of clusters lack:
        # https://github.com/kubernetes-client/python/issues/2394
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except ssl.SSLError:
        raise KubeconfigError(
            "a certificate or key in the kubeconfig cannot be read: write it anew with "
            "'aws eks update-kubeconfig'"
        ) from None
    return context


def _authorizing(settings: SimpleNamespace) -> Callable[[], str]:
    lock = threading.Lock()

    def authorize() -> str:
        with lock:
            if settings.refresh_api_key_hook is not None:
                settings.refresh_api_key_hook(settings)
            return str(settings.api_key.get("authorization") or "")

    return authorize


def _proxy(server: str, cluster: Mapping[str, Any]) -> str:
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(server)
    proxy = str(cluster.get("proxy-url") or "")
    if not proxy and parts.hostname and not proxy_bypass(parts.hostname):
        proxy = getproxies().get(parts.scheme, "")
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise KubeconfigError(
            "the proxy on the way to the cluster must be http://HOST:PORT or https://HOST:PORT"
        )
    return proxy


def _in_cluster() -> Access:
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.incluster_config import load_incluster_config

    settings = SimpleNamespace(api_key={}, host="", ssl_ca_cert=None, cert_file=None, key_file=None)
    settings.refresh_api_key_hook = None
    try:
        load_incluster_config(settings)
    except (ConfigException, OSError) as error:
        raise UnreachableError(f"this pod has no service account: {error}") from None
    return Access(settings.host, "", "", _context(settings), _authorizing(settings))
