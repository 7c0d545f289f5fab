"""Holds the jobs whose stop the guard explains against AWS's own model of SageMaker.

Standard output: what is wrong, in sentences.
"""

import json
import sys
from pathlib import Path

from botocore.session import get_session

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
from sagewarden import _stopped

model = get_session().get_service_model("sagemaker")
faults = []
for noun in _stopped.NOUNS:
    described = model.operation_model(f"Describe{noun}").output_shape
    within = _stopped.WITHIN.get(noun)
    shape = described.members[within] if within else described
    name, status, arn = (_stopped._field(noun, what) for what in ("Name", "Status", "Arn"))
    missing = [field for field in (name, status, arn) if field not in shape.members]
    if missing:
        faults.append(f"{shape.name} has no {', '.join(missing)}")
        continue
    words = [word for word in shape.members[status].enum if word.upper() == "STOPPED"]
    if not words:
        faults.append(f"{noun} never stops")
        continue
    created = list(_stopped.created(f"Create{noun}", {name: "n"}))
    answer = {name: "n", status: words[0], arn: "arn:aws:sagemaker:eu-west-1:111122223333:x/n"}
    answer = {within: answer} if within else answer
    seen = _stopped.seen(f"Describe{noun}", {**answer, "ResponseMetadata": {}}, set(created))
    if seen is None or seen.name != "n" or arn not in seen.description:
        faults.append(f"{noun}: a stop is not seen")
    if _stopped.seen(f"Describe{noun}", answer, set()) is not None:
        faults.append(f"{noun}: somebody else's stop is seen")
print(json.dumps(faults))
