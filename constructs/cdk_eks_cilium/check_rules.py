"""Rules about a finished template: order and rights that no single construct can see. Plain Python."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx

from cdk_eks_cilium.template_graph import cycles, dependency_graph, references, waits_for

Template = Mapping[str, Any]
Graph = nx.DiGraph  # networkx's stubs make it generic, the class itself is not

HELM_CHART: Final = "Custom::AWSCDK-EKS-HelmChart"
NODE_GROUP: Final = "AWS::EKS::Nodegroup"
REMOVAL: Final = "Custom::AwsNodeRemoval"
SWEEP: Final = "Custom::EniSweep"

_ATT: Final = "Fn::GetAtt"
_NODE_POLICY: Final = "AmazonEKSWorkerNodePolicy"
_CNI_POLICY: Final = "AmazonEKS_CNI_Policy"
_ASSOCIATION: Final = "AWS::EKS::PodIdentityAssociation"
_OPERATOR: Final = "cilium-operator"
_LAMBDA_POLICIES: Final = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
_LOOKING: Final = ("Describe", "List", "Get")
_REGISTRY_POLICIES: Final = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly")


@dataclass(frozen=True)
class Finding:
    """One breach of a rule.

    Attributes:
        resource: Logical id of the resource at fault.
        text: What is wrong.
        fix: What to do.
    """

    resource: str
    text: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """A rule with its id and the reason it exists."""

    id: str
    reason: str
    find: Callable[[Template, Graph[str]], Iterator[Finding]]


def _of_type(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template.get("Resources", {}).items():
        if resource.get("Type") == kind:
            yield name, resource.get("Properties", {})


def _releases(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # A chart among the app's assets has no name in the template; then the release's is looked at.
    return (
        (name, props)
        for name, props in _of_type(template, HELM_CHART)
        if props.get("Chart", props.get("Release")) == "cilium"
    )


def _nodes_after_release(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for release, chart in _releases(template):
        for group, props in _of_type(template, NODE_GROUP):
            if props.get("ClusterName") == chart.get("ClusterName") and not waits_for(graph, group, release):
                yield Finding(
                    group,
                    f"the node group can start before the release {release}, and would never become ready",
                    "make it with Cilium.add_node_group(), or pass it to Cilium.run_on()",
                )


def _release_after_removal(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for release, _ in _releases(template):
        for removal, _ in _of_type(template, REMOVAL):
            if not waits_for(graph, release, removal):
                yield Finding(
                    release,
                    f"the release can start before {removal} has taken aws-node away",
                    "make the release depend on the removal",
                )


def _subnet_after_block(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for block, association in _of_type(template, "AWS::EC2::VPCCidrBlock"):
        outer = _network(association.get("CidrBlock"))
        for subnet, props in _of_type(template, "AWS::EC2::Subnet"):
            inner = _network(props.get("CidrBlock"))
            if outer and inner and inner.subnet_of(outer) and not waits_for(graph, subnet, block):
                yield Finding(
                    subnet,
                    f"the subnet {inner} can be asked for before its range {outer} exists ({block})",
                    "add a dependency on the CIDR block, or use PodSubnets",
                )


def _no_waiting_release(template: Template, _: Graph[str]) -> Iterator[Finding]:
    for release, props in _releases(template):
        for option in ("Wait", "Atomic"):
            if str(props.get(option, False)).lower() == "true":
                yield Finding(
                    release,
                    f"the release waits for pods ({option}), which need the nodes that wait for the release",
                    f"leave {option.lower()} out",
                )


def _node_role_policies(template: Template, _: Graph[str]) -> Iterator[Finding]:
    roles = dict(_of_type(template, "AWS::IAM::Role"))
    for group, props in _of_type(template, NODE_GROUP):
        for name in references(props.get("NodeRole")):
            if name in roles:
                yield from _role_findings(group, name, str(roles[name].get("ManagedPolicyArns", [])))


def _role_findings(group: str, role: str, policies: str) -> Iterator[Finding]:
    if _NODE_POLICY not in policies:
        yield Finding(
            group,
            f"node role {role} lacks {_NODE_POLICY}: its nodes cannot describe instances and never join",
            f"attach {_NODE_POLICY}",
        )
    if not any(policy in policies for policy in _REGISTRY_POLICIES):
        yield Finding(
            group,
            f"node role {role} cannot pull images from ECR, where EKS keeps its own",
            f"attach {_REGISTRY_POLICIES[0]}",
        )
    if _CNI_POLICY in policies:
        yield Finding(
            group,
            f"node role {role} holds {_CNI_POLICY}, which lets every pod on the host network rewire the VPC",
            "detach it: the operator's own role makes the interfaces",
        )


def _core_dns_after_nodes(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    groups = [name for name, _ in _of_type(template, NODE_GROUP)]
    for addon, props in _of_type(template, "AWS::EKS::Addon"):
        late = any(waits_for(graph, addon, group) for group in groups)
        if props.get("AddonName") == "coredns" and groups and not late:
            yield Finding(
                addon,
                "CoreDNS is added before there is a node to run it, and its add-on waits until it runs",
                "make the add-on depend on a node group",
            )


def _no_cycles(_: Template, graph: Graph[str]) -> Iterator[Finding]:
    for group in cycles(graph):
        yield Finding(
            group[0],
            f"these wait for each other, which CloudFormation refuses: {', '.join(group)}",
            "remove one of the dependencies; depend on the cluster's default_child, not on the cluster",
        )


def _operator_changes_its_own(template: Template, _: Graph[str]) -> Iterator[Finding]:
    roles = {name for _, chart in _releases(template) for name in references(chart.get("Values"))}
    for _binding, association in _operator_associations(template):
        roles |= set(references(association.get("RoleArn")))
    for policy, statement in _statements(template, roles):
        if not statement.get("Condition") and (wide := _changes_everything(statement)):
            yield Finding(
                policy,
                f"cilium-operator may do {', '.join(wide)} to everything in the account",
                "limit it to the cluster's own, as values.policy_statements() does",
            )


def _removal_without_rights(template: Template, _: Graph[str]) -> Iterator[Finding]:
    functions = dict(_of_type(template, "AWS::Lambda::Function"))
    called = _behind({name for _, props in _of_type(template, REMOVAL) for name in _token(props)}, functions)
    handlers = {role for name in called for role in references(functions[name].get("Role"))}
    for policy, statement in _statements(template, handlers):
        if wide := _changes_everything(statement):
            yield Finding(
                policy,
                f"the removal of aws-node may do {', '.join(wide)} to everything in the account",
                "it works through the Kubernetes API: name the one resource, or take the statement away",
            )
    for role, props in _of_type(template, "AWS::IAM::Role"):
        for arn in props.get("ManagedPolicyArns", []) if role in handlers else ():
            if not any(name in str(arn) for name in _LAMBDA_POLICIES):
                yield Finding(
                    role,
                    "the removal of aws-node holds a managed policy beside those that any function needs",
                    f"detach all but {' and '.join(_LAMBDA_POLICIES)}",
                )


def _role_before_operator(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for release, chart in _releases(template):
        for association, props in _operator_associations(template):
            same = props.get("ClusterName") == chart.get("ClusterName")
            if same and not waits_for(graph, release, association):
                yield Finding(
                    release,
                    f"the operator can be made before {association}, and then keeps the role of its node",
                    "make the release depend on the association and on the agent's add-on",
                )


def _operator_associations(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = _of_type(template, _ASSOCIATION)
    return ((name, props) for name, props in found if props.get("ServiceAccount") == _OPERATOR)


def _token(props: Mapping[str, Any]) -> Iterator[str]:
    yield from references(props.get("ServiceToken"))


def _behind(functions: set[str], known: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The functions and those that they are told of, as CDK's provider framework is of its handler."""
    told = {name for one in functions & set(known) for name in references(known[one].get("Environment"))}
    return (functions | told) & set(known)


def _statements(template: Template, roles: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The inline statements of *roles*, each with the resource that holds it."""
    for name, role in _of_type(template, "AWS::IAM::Role"):
        for policy in role.get("Policies", []) if name in roles else ():
            yield from ((name, one) for one in _many(policy["PolicyDocument"]["Statement"]))
    for name, policy in _of_type(template, "AWS::IAM::Policy"):
        if roles & set(references(policy.get("Roles"))):
            yield from ((name, one) for one in _many(policy["PolicyDocument"]["Statement"]))


def _changes_everything(statement: Mapping[str, Any]) -> list[str]:
    """The actions of an Allow that change something, where its resource is everything."""
    if statement.get("Effect") != "Allow" or "*" not in _many(statement.get("Resource", "*")):
        return []
    actions = map(str, _many(statement.get("Action", "*")))
    return sorted(one for one in actions if not one.partition(":")[2].startswith(_LOOKING))


def _many(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _sweep_outlasts_cilium(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for sweep, swept in _of_type(template, SWEEP):
        cluster = swept.get("ClusterName")
        releases = [name for name, props in _releases(template) if props.get("ClusterName") == cluster]
        groups = [
            name for name, props in _of_type(template, NODE_GROUP) if props.get("ClusterName") == cluster
        ]
        # Groups wait for their release, which is CEC001; without one here they must wait themselves.
        for late in releases or groups:
            if not waits_for(graph, late, sweep):
                yield Finding(
                    late,
                    f"{sweep} can be deleted first, and then misses interfaces that are still made or held",
                    "let it depend on the sweep, as Cilium does",
                )


def _launch_templates(template: Template) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Node groups with their properties and their launch template's data, where the template has it."""
    known = dict(_of_type(template, "AWS::EC2::LaunchTemplate"))
    for group, props in _of_type(template, NODE_GROUP):
        for name in {*references(props.get("LaunchTemplate", {}))}:
            if name in known:
                yield group, props, known[name].get("LaunchTemplateData", {})


def _nodes_in_the_clusters_group(template: Template, _: Graph[str]) -> Iterator[Finding]:
    clusters = dict(_of_type(template, "AWS::EKS::Cluster"))
    for group, props, data in _launch_templates(template):
        own = list(data.get("SecurityGroupIds", []))
        for interface in data.get("NetworkInterfaces", []):
            own += interface.get("Groups", [])
        for cluster in {*references(props.get("ClusterName"))} & clusters.keys():
            shared = [cluster, "ClusterSecurityGroupId"]
            if own and not any(each in own for each in ({_ATT: shared}, {_ATT: ".".join(shared)})):
                yield Finding(
                    group,
                    f"its launch template names security groups without that of {cluster}: pods have their "
                    "node's groups, and need all traffic among nodes, pods and control plane",
                    "name the cluster's security group too, or name none",
                )


def _metadata_is_the_nodes_own(template: Template, _: Graph[str]) -> Iterator[Finding]:
    for group, _props, data in _launch_templates(template):
        options = data.get("MetadataOptions", {})
        if options.get("HttpTokens") != "required":
            yield Finding(
                group,
                "its launch template does not require IMDSv2: any request that a pod can make a node's "
                "program send reads the node's credentials",
                "set HttpTokens to 'required'",
            )
        if str(options.get("HttpPutResponseHopLimit")) != "1":
            yield Finding(
                group,
                "its launch template does not keep answers of the metadata service to one hop: they reach "
                "pods that are not on the host network",
                "set HttpPutResponseHopLimit to 1",
            )


RULES: Final = (
    Rule("CEC001", "Nodes start after the Cilium release", _nodes_after_release),
    Rule("CEC002", "The release starts after aws-node is gone", _release_after_removal),
    Rule("CEC003", "A subnet is made after its CIDR block", _subnet_after_block),
    Rule("CEC004", "The release does not wait for pods", _no_waiting_release),
    Rule("CEC005", "Nodes may do what booting needs, and no more", _node_role_policies),
    Rule("CEC006", "CoreDNS is added after a node group", _core_dns_after_nodes),
    Rule("CEC007", "Nothing waits for itself", _no_cycles),
    Rule("CEC008", "The sweep of interfaces goes after Cilium", _sweep_outlasts_cilium),
    Rule("CEC009", "Nodes are in the cluster's security group", _nodes_in_the_clusters_group),
    Rule("CEC010", "The operator changes only what is its cluster's", _operator_changes_its_own),
    Rule("CEC011", "The removal of aws-node has no rights in AWS", _removal_without_rights),
    Rule("CEC012", "The operator's role is bound before the operator is made", _role_before_operator),
    Rule("CEC013", "Node credentials are out of pods' reach", _metadata_is_the_nodes_own),
)


def findings(template: Template) -> Iterator[tuple[Rule, Finding]]:
    """Every breach of every rule in one template."""
    graph = dependency_graph(template)
    for rule in RULES:
        for finding in rule.find(template, graph):
            yield rule, finding


def _network(cidr: Any) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except (ValueError, TypeError):
        return None
