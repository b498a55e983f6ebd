"""A cluster as a product of AWS Service Catalog, whose assets are in a bucket of the product.

https://github.com/aws/aws-cdk/issues/27311
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_servicecatalog as servicecatalog

from cdk_eks_cilium import CiliumCluster


def build(app: cdk.App) -> tuple[cdk.Stack, servicecatalog.ProductStack]:
    """The stack that offers the product, and the product."""
    offer = cdk.Stack(app, "Offer", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    bucket = s3.Bucket(offer, "Assets", bucket_name="assets-of-the-product")
    product = servicecatalog.ProductStack(offer, "Cluster", asset_bucket=bucket)
    CiliumCluster(product, "Platform", cluster_name="shop")
    servicecatalog.CloudFormationProduct(
        offer,
        "Product",
        product_name="cluster",
        owner="platform",
        product_versions=[
            servicecatalog.CloudFormationProductVersion(
                cloud_formation_template=servicecatalog.CloudFormationTemplate.from_product_stack(product)
            )
        ],
    )
    return offer, product
