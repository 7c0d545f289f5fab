"""What parliament finds in the IAM policies of a template, its intrinsic functions resolved.

Standard input: {"template": the template in long form, "parameters": {name: value}}. Standard output: {"policies": how many there are,
"findings": [{"policy": <logical id>.<name of the policy, or its property>, "issue", "detail"}]}.
"""

import json
import re
import sys

import parliament

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "sagewarden",
}


class Resolver:
    def __init__(self, template, parameters):
        self.resources = template["Resources"]
        self.conditions = template.get("Conditions", {})
        known = {name: each.get("Default", "") for name, each in template["Parameters"].items()}
        self.values = {**PSEUDO, **known, **parameters}

    def holds(self, condition):
        """Whether a named condition, or the body of one, holds."""
        if isinstance(condition, str):
            return self.holds(self.conditions[condition])
        (function, arguments), = condition.items()
        if function == "Condition":
            return self.holds(arguments)
        if function == "Fn::Equals":
            one, other = (self.resolve(each) for each in arguments)
            return str(one) == str(other)
        if function == "Fn::Not":
            return not self.holds(arguments[0])
        if function == "Fn::And":
            return all(self.holds(each) for each in arguments)
        return {"Fn::Or": any}[function](self.holds(each) for each in arguments)

    def arn(self, name):
        """The ARN of a resource of the template, as its type has it."""
        kind = self.resources[name]["Type"]
        place = "eu-west-1:111122223333"
        return {
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{place}:table/{name}",
            "AWS::Events::EventBus": f"arn:aws:events:{place}:event-bus/{name}",
            "AWS::Events::Rule": f"arn:aws:events:{place}:rule/{name}",
            "AWS::IAM::Role": f"arn:aws:iam::111122223333:role/{name}",
            "AWS::KMS::Key": f"arn:aws:kms:{place}:key/11111111-2222-3333-4444-555555555555",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{place}:log-group:{name}:*",
            "AWS::S3::Bucket": f"arn:aws:s3:::{name.lower()}",
            "AWS::SNS::Topic": f"arn:aws:sns:{place}:{name}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{place}:{name}",
        }[kind]

    def named(self, name):
        if name in self.values:
            return self.values[name]
        resource, _, attribute = name.partition(".")
        is_arn = attribute == "Arn" or self.resources[resource]["Type"] == "AWS::SNS::Topic"
        return self.arn(resource) if is_arn else resource

    def resolve(self, part):
        """The same part without intrinsic functions; what is absent is `None`, and is left out of lists and objects."""
        if isinstance(part, list):
            return [each for each in map(self.resolve, part) if each is not None]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            (function, argument), = part.items()
            if function == "Ref":
                return None if argument == "AWS::NoValue" else self.named(argument)
            if function == "Fn::GetAtt":
                return self.named(argument if isinstance(argument, str) else ".".join(argument))
            if function == "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.named(found[1]), argument)
            if function == "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            if function == "Fn::Split":
                separator, text = argument
                return self.resolve(text).split(separator)
        resolved = {name: self.resolve(each) for name, each in part.items()}
        return {name: each for name, each in resolved.items() if each is not None}

    def policies(self):
        """Every policy document, by where it stands."""
        for name, resource in self.resources.items():
            if "Condition" in resource and not self.holds(resource["Condition"]):
                continue
            properties = resource.get("Properties", {})
            for key in ["PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"]:
                if key in properties:
                    yield f"{name}.{key}", self.resolve(properties[key])
            for policy in self.resolve(properties.get("Policies", [])):
                yield f"{name}.{policy['PolicyName']}", policy["PolicyDocument"]


def main():
    request = json.load(sys.stdin)
    policies = dict(Resolver(request["template"], request["parameters"]).policies())
    findings = [
        {"policy": place, "issue": finding.issue, "detail": str(finding.detail)}
        for place, document in policies.items()
        for finding in parliament.analyze_policy_string(json.dumps(document)).findings
    ]
    json.dump({"policies": len(policies), "findings": findings}, sys.stdout)


main()
