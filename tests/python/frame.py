"""Asks lookup-lineage for the flat view of an entity and makes a data frame of it, as a notebook would.

Arguments: the function's name and the entity. Prints the frame's columns, the display names, and the row of the training job.
The columns must be those of SageMaker's ExperimentAnalytics (sagemaker-python-sdk, analytics.py), in its order.
"""

import json
import sys

import boto3
import pandas

function, entity = sys.argv[1:]
question = {"entity": entity, "format": "table"}
answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(question))
table = json.load(answer["Payload"])
frame = pandas.DataFrame(table["rows"], columns=table["columns"])

# What the SDK's _reshape writes, in its order: metrics by their statistics, artifacts by media type and value, lists of parents.
# `Weak` beside a value is Sagewarden's own.
STATISTICS = ["Min", "Max", "Avg", "StdDev", "Last", "Count"]
ARTIFACT = ["MediaType", "Value", "Weak"]
columns = list(frame.columns)
assert columns[:3] == ["TrialComponentName", "DisplayName", "SourceArn"], columns
assert columns[-2:] == ["Trials", "Experiments"], columns
assert len(set(columns)) == len(columns), columns
kinds = []
for column in columns[3:-2]:
    name, _, last = column.rpartition(" - ")
    kinds.append(1 if name and last in STATISTICS else 2 if name and last in ARTIFACT else 0)
assert kinds == sorted(kinds) and set(kinds) == {0, 1, 2}, columns
for column in columns:
    if column.endswith(" - Value") and not column.startswith("endpoint-name"):
        assert column.removesuffix("Value") + "MediaType" in columns, columns
metrics = [column for column in columns if column.endswith(" - Last")]
assert all(pandas.to_numeric(frame[column].replace("", None)).notna().any() for column in metrics), frame[metrics]
assert all(isinstance(each, list) for column in ["Trials", "Experiments"] for each in frame[column])
assert "credit-default" in frame.explode("Experiments")["Experiments"].values

training = frame[frame["DisplayName"] == "Training"].iloc[0]
print(
    json.dumps(
        {
            "columns": columns,
            "displayed": sorted(frame["DisplayName"].unique()),
            "training": training.to_dict(),
        }
    )
)
