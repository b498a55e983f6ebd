"""The code of our Lambda functions: as a folder, and as an asset of CDK."""
