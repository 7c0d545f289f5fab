"""Calls of the SageMaker SDK, versions 2 and 3."""

from __future__ import annotations

import ast
import json
from typing import Any, Dict, Sequence

from .calls import Calls
from .classes import FILLED, PARTS, RAISED
from .found import get_at, put
from .values import LATER


class SdkCalls(Calls):
    """Calls of the SageMaker SDK's classes, as the requests that they become."""

    def _class(
        self,
        node: ast.Call,
        operation: str,
        arguments: Dict[str, str],
        open_fields: Sequence[str],
    ) -> None:
        given = self._given(node, operation)
        if given is None:
            return
        if not any(name in arguments for name in given):
            # Another library's class of this name.
            return
        request: Dict[str, Any] = {}
        lines: Dict[str, int] = {}
        for name, expression in given.items():
            path = arguments.get(name)
            if path:
                put(request, path, self._field(path, expression))
                lines[path] = self._line(expression)
        if node.args:
            # Arguments by position: which ones differs from class to class.
            for name, path in arguments.items():
                if name not in given:
                    put(request, path, LATER)
        for path in [*open_fields, *FILLED.get(operation, ())]:
            if get_at(request, path) is None:
                put(request, path, LATER)
        for part, raised in RAISED.items():
            inner = request.get(part)
            if not isinstance(inner, dict):
                continue
            for name in raised:
                if name in inner:
                    request[name] = inner.pop(name)
            if not inner:
                del request[part]
        self._add(node, operation, request, lines)

    def _deploy(self, node: ast.Call) -> None:
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        # The first two arguments of every class's method.
        given.update(zip(("initial_instance_count", "instance_type"), node.args))
        of_instances = {"instance_type", "initial_instance_count"} & {keyword.arg for keyword in node.keywords}
        kind = self.values.of(given.get("instance_type"))
        if not of_instances and "serverless_inference_config" not in given:
            if not (isinstance(kind, str) and kind.startswith("ml.")):
                return
        if self._given(node, "CreateEndpointConfig") is None:
            return

        def value(name: str) -> Any:
            return self.values.of(given[name]) if name in given else LATER

        variant: Dict[str, Any] = {"VariantName": "AllTraffic", "ModelName": LATER}
        if "serverless_inference_config" in given:
            variant["ServerlessConfig"] = LATER
        else:
            variant.update(InstanceType=kind, InitialInstanceCount=value("initial_instance_count"))
        request: Dict[str, Any] = {"EndpointConfigName": value("endpoint_name"), "ProductionVariants": [variant]}
        for name, path in (("kms_key", "KmsKeyId"), ("tags", "Tags")):
            if name in given:
                put(request, path, self._field(path, given[name]))
        if "data_capture_config" in given:
            request["DataCaptureConfig"] = self._capture(given["data_capture_config"])
        self._add(node, "CreateEndpointConfig", request, {name: self._line(given[name]) for name in given})

    def _capture(self, expression: ast.expr) -> Any:
        call = self._constructed(expression, "DataCaptureConfig")
        if call is None or any(keyword.arg is None for keyword in call.keywords) or call.args:
            return LATER
        given = {keyword.arg: self.values.of(keyword.value) for keyword in call.keywords}
        config = {
            "EnableCapture": given.get("enable_capture", LATER),
            # The SDK's default.
            "InitialSamplingPercentage": given.get("sampling_percentage", 20),
            "DestinationS3Uri": given.get("destination_s3_uri", LATER),
            "CaptureOptions": LATER if "capture_options" in given else [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        }
        if "kms_key_id" in given:
            config["KmsKeyId"] = given["kms_key_id"]
        return config

    def _field(self, path: str, expression: ast.expr) -> Any:
        value = self._part(expression)
        if path.endswith("RoleArn") and isinstance(value, str) and not value.startswith("arn:"):
            # The SDK looks the role up by its name.
            return LATER
        if path == "Tags" and isinstance(value, dict):
            return [{"Key": key, "Value": each} for key, each in value.items()]
        if path in ("HyperParameters", "Environment") and isinstance(value, dict):
            return {key: each if each is LATER or isinstance(each, str) else json.dumps(each) for key, each in value.items()}
        if value is None:
            return None
        return value

    def _part(self, expression: ast.expr) -> Any:
        for name, arguments in PARTS.items():
            call = self._constructed(expression, name)
            if call is None:
                continue
            if call.args or any(keyword.arg is None for keyword in call.keywords):
                return LATER
            part: Dict[str, Any] = {}
            for keyword in call.keywords:
                path = arguments.get(str(keyword.arg))
                if path:
                    put(part, path, self.values.of(keyword.value))
            return part
        return self.values.of(expression)
