"""Asks lookup-lineage for the flat view of an entity and makes a data frame of it, as a notebook would.

Arguments: the function's name and the entity. Prints the frame's columns, the display names, and the row of the training job.
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
training = frame[frame["DisplayName"] == "Training"].iloc[0]
print(
    json.dumps(
        {
            "columns": list(frame.columns),
            "displayed": sorted(frame["DisplayName"].unique()),
            "training": training.to_dict(),
        }
    )
)
