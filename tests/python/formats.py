"""Reads documents in the formats of other systems with the libraries of those systems.

Standard input: {"format": ..., "text": ...}. Standard output: {"problems": [...], "count": how many parts were read, "shown": the
names of the nodes as a reader of a drawing sees them}.
"""

import contextlib
import io
import json
import sys

asked = json.load(sys.stdin)
text = asked["text"]
shown = []


def cyclonedx():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error:
        raise ValueError(str(error)[:2_000])
    return len(json.loads(text)["components"])


def prov():
    from prov.model import ProvDocument

    # Two elements of one name become one, or the library says that they contradict each other.
    records = ProvDocument.deserialize(content=text, format="json").unified().get_records()
    kinds = {record.identifier: record.get_type().localpart for record in records if record.is_element()}
    # What may stand at an end (PROV-CONSTRAINTS, typing): the library takes anything, and nothing, there.
    ends = {
        "Activity": {"activity", "informed", "informant"},
        "Agent": {"agent"},
        "Entity": {"entity", "generatedEntity", "usedEntity", "specificEntity", "generalEntity"},
    }
    for record in records:
        for attribute, value in [] if record.is_element() else record.formal_attributes[:2]:
            name = attribute.localpart
            if value is None:
                raise ValueError(f"{record} has no {attribute}")
            if value not in kinds:
                raise ValueError(f"{attribute} of {record} names what is not in the document")
            for kind, names in ends.items():
                if name in names and kinds[value] != kind:
                    raise ValueError(f"{attribute} of {record} is of kind {kinds[value]}, not {kind}")
    return len(records)


def slsa():
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    lines = text.splitlines()
    for line in lines:
        message = statement_pb2.Statement()
        json_format.Parse(line, message)
        Statement.copy_from_pb(message).validate()
    return len(lines)


def openlineage():
    import importlib
    import pkgutil

    import attr
    from openlineage.client import event_v2 as events
    from openlineage.client import generated
    from openlineage.client.generated.base import BaseFacet

    # The schema itself is in no package of PyPI or npm; these classes are generated from it, those of the standard facets as well.
    facets = {}
    for module in pkgutil.iter_modules(generated.__path__):
        for found in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).values():
            if isinstance(found, type) and issubclass(found, BaseFacet):
                facets[found._get_schema()] = found

    def check_facets(holder):
        for facet in holder.get("facets", {}).values():
            schema = facet["_schemaURL"]
            own = {name: value for name, value in facet.items() if not name.startswith("_")}
            if schema in facets:
                # One that is missing or unknown is an error of its constructor.
                made = facets[schema](producer=facet["_producer"], **own)
                for field in attr.fields(type(made)):
                    value = getattr(made, field.name)
                    if field.type in ("str", str) and not isinstance(value, str):
                        raise ValueError(f"{field.name} of {schema} is no text: {value}")
            elif "openlineage.io" in schema:
                raise ValueError(f"{schema} is no schema of a facet")

    lines = text.splitlines()
    for line in lines:
        event = json.loads(line)
        run, job = event["run"], event["job"]
        datasets = {
            name: [kind(namespace=data["namespace"], name=data["name"]) for data in event.get(name, [])]
            for name, kind in [("inputs", events.InputDataset), ("outputs", events.OutputDataset)]
        }
        # The classes check the times, the run's UUID and the producer's URI.
        events.RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=events.Run(runId=run["runId"]),
            job=events.Job(namespace=job["namespace"], name=job["name"]),
            eventType=events.RunState(event["eventType"]),
            **datasets,
        )
        if event["schemaURL"] != "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent":
            raise ValueError(event["schemaURL"])
        for holder in [run, job, *event.get("inputs", []), *event.get("outputs", [])]:
            check_facets(holder)
    return len(lines)


def dot():
    import pydot

    graphs = pydot.graph_from_dot_data(text)
    if not graphs:
        raise ValueError("no graph")
    return len(graphs[0].get_edges())


def mermaid():
    import functools
    import http.server
    import importlib.util
    import pathlib
    import threading

    from browser import chromium

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    # Mermaid parses in a browser only. NiceGUI's package brings a copy of it, as modules, which want a server.
    place = pathlib.Path(importlib.util.find_spec("nicegui").submodule_search_locations[0]) / "elements/mermaid/dist"
    serve = functools.partial(Quiet, directory=place)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server, chromium() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            tab = browser.new_page()
            tab.goto(f"http://127.0.0.1:{server.server_port}/")
            answer = tab.evaluate(
                """async (text) => {
                    const { mermaid } = await import('/index.js');
                    mermaid.initialize({ startOnLoad: false, maxTextSize: 1e7, maxEdges: 1e6 });
                    const { diagramType } = await mermaid.parse(text);
                    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
                    const { svg } = await mermaid.render('drawing', text);
                    const drawing = new DOMParser().parseFromString(svg, 'text/html');
                    const shown = [...drawing.querySelectorAll('.node .nodeLabel')].map((label) => label.textContent);
                    return { diagramType, nodes: db.getVertices().size, edges: db.getEdges().length, shown };
                }""",
                text,
            )
        finally:
            server.shutdown()
    if answer["diagramType"] != "flowchart-v2" or len(answer["shown"]) != answer["nodes"]:
        raise ValueError(str(answer))
    shown.extend(answer["shown"])
    return answer["edges"]


def csv():
    import pandas

    frame = pandas.read_csv(io.StringIO(text), dtype=str)
    if list(frame.columns[:3]) != ["TrialComponentName", "DisplayName", "SourceArn"]:
        raise ValueError(str(list(frame.columns)))
    for column in ["Trials", "Experiments"]:
        if not all(isinstance(json.loads(cell), list) for cell in frame[column]):
            raise ValueError(column)
    for column in frame.columns[frame.columns.str.endswith(" - Last")]:
        pandas.to_numeric(frame[column])
    return len(frame)


READERS = {
    "cyclonedx": cyclonedx,
    "prov": prov,
    "slsa": slsa,
    "openlineage": openlineage,
    "dot": dot,
    "mermaid": mermaid,
    "csv": csv,
}
try:
    # Some libraries print what they cannot parse.
    with contextlib.redirect_stdout(sys.stderr):
        answer = {"problems": [], "count": READERS[asked["format"]](), "shown": shown}
except Exception as error:  # whatever the library says of the document
    answer = {"problems": [f"{type(error).__name__}: {error}"], "count": 0, "shown": []}
json.dump(answer, sys.stdout)
