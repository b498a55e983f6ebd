"""Flow logs of a VPC."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_eks_cilium.addressing.flow_logs import (
    TRAFFIC_TYPES,
    FlowLogTraffic,
    RetentionDays,
    flow_log_problems,
)
from cdk_eks_cilium.problems import refuse

_SERVICE = "vpc-flow-logs.amazonaws.com"


class FlowLogs(Construct):
    """Records of the connections of every interface in a VPC, in a log group of the stack or in a bucket.

    AWS bills them by the gigabyte (https://aws.amazon.com/cloudwatch/pricing/, "Vended Logs"). A change of
    the traffic or of the destination makes new flow logs.

    Args:
        vpc: The VPC, of this account.
        traffic: ``all`` connections, or only ``rejected`` ones, which a security group or a network ACL
            refused. Refusals of Cilium's policies are in neither: Hubble has them.
        retention_days: How long the log group keeps them; without effect with *bucket_arn*.
        bucket_arn: ARN of an existing S3 bucket, with an optional folder. Its policy must let
            ``delivery.logs.amazonaws.com`` write. By default the stack makes a log group, and deletes it.

    Raises:
        InputError: If *traffic* or *retention_days* is unknown.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        traffic: FlowLogTraffic = "all",
        retention_days: RetentionDays = 30,
        bucket_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        refuse(flow_log_problems(self.node.path, traffic, retention_days))
        self.log_group: logs.CfnLogGroup | None = None
        self.role: iam.Role | None = None
        if bucket_arn is None:
            self.log_group = logs.CfnLogGroup(self, "Logs", retention_in_days=retention_days)
            self.log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
            self.role = self._make_role(self.log_group)
        ec2.CfnFlowLog(
            self,
            "Resource",
            resource_type="VPC",
            resource_id=vpc.vpc_id,
            traffic_type=TRAFFIC_TYPES[traffic],
            log_destination_type="s3" if bucket_arn else "cloud-watch-logs",
            log_destination=bucket_arn,
            log_group_name=self.log_group.ref if self.log_group else None,
            deliver_logs_permission_arn=self.role.role_arn if self.role else None,
        )

    def _make_role(self, group: logs.CfnLogGroup) -> iam.Role:
        """Make a role that writes to this one group.

        AWS's example also may make groups: then the last records would make this one again after a destroy.
        The conditions are AWS's own, https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html.
        """
        stack = cdk.Stack.of(self)
        logs_of_this_account = stack.format_arn(service="ec2", resource="vpc-flow-log", resource_name="*")
        return iam.Role(
            self,
            "Role",
            description="Writes the flow logs of the VPC to their log group",
            assumed_by=iam.ServicePrincipal(
                _SERVICE,
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": logs_of_this_account},
                },
            ),
            inline_policies={
                "Write": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                            resources=[group.attr_arn],
                        )
                    ]
                )
            },
        )
