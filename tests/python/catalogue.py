"""Makes the resources of CloudFormation templates in moto, each by the call that CloudFormation would make.

moto's own CloudFormation knows no catalogue and drops most of what a template says of a notebook; its APIs keep it. boto3 holds every
request against AWS's model of the API before moto sees it. Where moto has no such call, that is all there is.

Standard input: [{"type", "properties"}], intrinsic functions resolved, in the order to make them. Standard output: {"unanswered": the calls
that moto lacks, "notebooks", "scripts", "roles", "policies", "portfolios", "products"}.
"""

import json
import sys
import uuid

import boto3
from moto import mock_aws

REGION = "eu-west-1"


def token():
    return str(uuid.uuid4())


def role(client, properties):
    plain = {key: value for key, value in properties.items() if key not in ["ManagedPolicyArns", "Policies"]}
    name = plain["RoleName"]
    client.create_role(**{**plain, "AssumeRolePolicyDocument": json.dumps(plain["AssumeRolePolicyDocument"])})
    for arn in properties.get("ManagedPolicyArns", []):
        client.attach_role_policy(RoleName=name, PolicyArn=arn)
    for policy in properties.get("Policies", []):
        role_policy(client, {**policy, "RoleName": name})


def role_policy(client, properties):
    client.put_role_policy(**{**properties, "PolicyDocument": json.dumps(properties["PolicyDocument"])})


def managed_policy(client, properties):
    client.create_policy(
        PolicyName=properties["ManagedPolicyName"],
        Description=properties["Description"],
        PolicyDocument=json.dumps(properties["PolicyDocument"]),
    )


def product(client, properties):
    (artifact,) = properties["ProvisioningArtifactParameters"]
    plain = {key: properties[key] for key in ["Name", "Owner", "Description", "SupportDescription"]}
    client.create_product(
        **plain,
        ProductType="CLOUD_FORMATION_TEMPLATE",
        ProvisioningArtifactParameters={**artifact, "Type": "CLOUD_FORMATION_TEMPLATE"},
        IdempotencyToken=token(),
    )


def constraint(kind, parameters):
    def make(client, properties):
        plain = {key: properties[key] for key in ["PortfolioId", "ProductId", "Description"]}
        client.create_constraint(**plain, Type=kind, Parameters=json.dumps(parameters(properties)), IdempotencyToken=token())

    return make


def same(call, **more):
    """CloudFormation's names are those of the call."""
    return lambda client, properties: getattr(client, call)(**properties, **more)


CALLS = {
    "AWS::IAM::ManagedPolicy": ("iam", managed_policy),
    "AWS::IAM::Role": ("iam", role),
    "AWS::IAM::RolePolicy": ("iam", role_policy),
    "AWS::SSM::Parameter": ("ssm", same("put_parameter")),
    "AWS::SageMaker::Domain": ("sagemaker", same("create_domain")),
    "AWS::SageMaker::NotebookInstance": ("sagemaker", same("create_notebook_instance")),
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": ("sagemaker", same("create_notebook_instance_lifecycle_config")),
    "AWS::SageMaker::Space": ("sagemaker", same("create_space")),
    "AWS::SageMaker::StudioLifecycleConfig": ("sagemaker", same("create_studio_lifecycle_config")),
    "AWS::SageMaker::UserProfile": ("sagemaker", same("create_user_profile")),
    "AWS::ServiceCatalog::CloudFormationProduct": ("servicecatalog", product),
    "AWS::ServiceCatalog::LaunchRoleConstraint": (
        "servicecatalog",
        constraint("LAUNCH", lambda properties: {"RoleArn": properties["RoleArn"]}),
    ),
    "AWS::ServiceCatalog::LaunchTemplateConstraint": (
        "servicecatalog",
        constraint("TEMPLATE", lambda properties: {"Rules": json.loads(properties["Rules"])}),
    ),
    "AWS::ServiceCatalog::Portfolio": ("servicecatalog", lambda client, each: client.create_portfolio(**each, IdempotencyToken=token())),
    "AWS::ServiceCatalog::PortfolioPrincipalAssociation": ("servicecatalog", same("associate_principal_with_portfolio")),
    "AWS::ServiceCatalog::PortfolioProductAssociation": ("servicecatalog", same("associate_product_with_portfolio")),
}


def roles(iam):
    for each in iam.list_roles()["Roles"]:
        name = each["RoleName"]
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        yield {
            "name": name,
            "boundary": iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "attached": sorted(policy["PolicyName"] for policy in attached),
            "tags": {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]},
        }


def scripts(sagemaker, notebooks):
    for name in {each["NotebookInstanceLifecycleConfigName"] for each in notebooks}:
        config = sagemaker.describe_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=name)
        yield from (hook["Content"] for hook in config["OnStart"])


def main():
    resources = json.load(sys.stdin)
    with mock_aws():
        clients = {name: boto3.client(name, REGION) for name, _ in CALLS.values()}
        unanswered = []
        for resource in resources:
            service, make = CALLS[resource["type"]]
            try:
                make(clients[service], resource["properties"])
            except NotImplementedError:
                unanswered.append(resource["type"])
        iam, sagemaker, catalogue = (clients[name] for name in ["iam", "sagemaker", "servicecatalog"])
        names = [each["NotebookInstanceName"] for each in sagemaker.list_notebook_instances()["NotebookInstances"]]
        notebooks = [sagemaker.describe_notebook_instance(NotebookInstanceName=name) for name in names]
        found = {
            "unanswered": sorted(set(unanswered)),
            "notebooks": notebooks,
            "scripts": list(scripts(sagemaker, notebooks)),
            "roles": list(roles(iam)),
            "policies": sorted(each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]),
            "portfolios": [each["DisplayName"] for each in catalogue.list_portfolios()["PortfolioDetails"]],
            "products": [
                catalogue.describe_product(Name=resource["properties"]["Name"])["ProductViewSummary"]["Name"]
                for resource in resources
                if resource["type"] == "AWS::ServiceCatalog::CloudFormationProduct"
            ],
        }
    json.dump(found, sys.stdout, default=str)


main()
