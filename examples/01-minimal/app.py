"""A whole cluster in one construct: VPC, secondary CIDR, control plane, Cilium and two nodes."""

import aws_cdk as cdk

from cdk_eks_cilium import CiliumCluster

app = cdk.App()
stack = cdk.Stack(app, "Platform")
platform = CiliumCluster(stack, "Platform")
for name, command in platform.commands.items():
    cdk.CfnOutput(stack, name, value=command)
app.synth()
