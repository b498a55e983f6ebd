"""The network side: subnets that only pods use, their ways out, and AWS's services inside a VPC."""
