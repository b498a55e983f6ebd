"""The network side: subnets for pods alone, their ways out, and AWS's services inside a VPC."""
