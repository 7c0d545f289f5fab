"""Prints a CloudFormation template as JSON, its short tags (`!Sub`) in their long form (`Fn::Sub`)."""

import json
import sys

from cfnlint.decode import cfn_yaml

json.dump(cfn_yaml.load(sys.argv[1]), sys.stdout)
