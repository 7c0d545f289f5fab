"""What parliament finds in IAM policies.

Standard input: a list of policies. Standard output: [{"issue", "detail"}].
"""

import json
import sys

import parliament

found = [finding for policy in json.load(sys.stdin) for finding in parliament.analyze_policy_string(json.dumps(policy)).findings]
json.dump([{"issue": each.issue, "detail": str(each.detail)} for each in found], sys.stdout)
