"""Requests in Python files and notebooks, as far as they are literal.

`sagewarden check FILE.py NOTEBOOK.ipynb` runs this module: Python's own parser reads the file, nothing in it is run. A value that is known
only when the code runs stays open, and controls that need it are undecided.

Standard input is the file. The answer is a JSON document: `requests` with `line`, `cell`, `operation`, `request`, `lines` (the line of each field),
and `unread`: calls that look as if they created something, and why they cannot be judged.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

#: The most names that lead to names, expressions that are evaluated, and elements of a value: code with more of them was not written by people.
MOST_NAMES = 16
MOST_STEPS = 200_000
MOST_ELEMENTS = 10_000

#: A value that is known only when the code runs.
LATER: Any = type("Later", (), {"__repr__": lambda self: "LATER"})()
#: A part of a text that is known only when the code runs: `f"s3://bucket/{run}"` names its bucket all the same.
OPEN = "${later}"

#: Operations of boto3's client that create resources with controls, by the names of its methods.
OPERATIONS: Dict[str, str] = {
    "create_app": "CreateApp",
    "create_auto_ml_job": "CreateAutoMLJob",
    "create_auto_ml_job_v2": "CreateAutoMLJobV2",
    "create_cluster": "CreateCluster",
    "create_code_repository": "CreateCodeRepository",
    "create_compilation_job": "CreateCompilationJob",
    "create_data_quality_job_definition": "CreateDataQualityJobDefinition",
    "create_domain": "CreateDomain",
    "create_endpoint": "CreateEndpoint",
    "create_endpoint_config": "CreateEndpointConfig",
    "create_feature_group": "CreateFeatureGroup",
    "create_hub": "CreateHub",
    "create_hub_content_reference": "CreateHubContentReference",
    "create_hyper_parameter_tuning_job": "CreateHyperParameterTuningJob",
    "create_inference_component": "CreateInferenceComponent",
    "create_inference_experiment": "CreateInferenceExperiment",
    "create_inference_recommendations_job": "CreateInferenceRecommendationsJob",
    "create_inference_router": "CreateInferenceRouter",
    "create_job": "CreateJob",
    "create_labeling_job": "CreateLabelingJob",
    "create_mlflow_app": "CreateMlflowApp",
    "create_mlflow_tracking_server": "CreateMlflowTrackingServer",
    "create_model": "CreateModel",
    "create_model_bias_job_definition": "CreateModelBiasJobDefinition",
    "create_model_explainability_job_definition": "CreateModelExplainabilityJobDefinition",
    "create_model_package": "CreateModelPackage",
    "create_model_quality_job_definition": "CreateModelQualityJobDefinition",
    "create_monitoring_schedule": "CreateMonitoringSchedule",
    "create_notebook_instance": "CreateNotebookInstance",
    "create_optimization_job": "CreateOptimizationJob",
    "create_partner_app": "CreatePartnerApp",
    "create_pipeline": "CreatePipeline",
    "create_processing_job": "CreateProcessingJob",
    "create_space": "CreateSpace",
    "create_training_job": "CreateTrainingJob",
    "create_training_session": "CreateTrainingSession",
    "create_transform_job": "CreateTransformJob",
    "create_user_profile": "CreateUserProfile",
}

#: The same operations by the classes of sagemaker-core, which is a part of the SageMaker SDK 3 (`TrainingJob.create`).
CORE_CLASSES: Dict[str, str] = {operation[len("Create") :]: method[len("create_") :] for method, operation in OPERATIONS.items()}
#: Arguments of sagemaker-core whose fields are not their words with capitals.
CORE_NAMES: Dict[str, str] = {
    "auto_ml_algorithms": "AutoMLAlgorithms",
    "auto_ml_compute_config": "AutoMLComputeConfig",
    "auto_ml_job_config": "AutoMLJobConfig",
    "auto_ml_job_input_data_config": "AutoMLJobInputDataConfig",
    "auto_ml_job_name": "AutoMLJobName",
    "auto_ml_job_objective": "AutoMLJobObjective",
    "auto_ml_problem_type_config": "AutoMLProblemTypeConfig",
    "auto_mount_home_efs": "AutoMountHomeEFS",
    "efs_file_system": "EFSFileSystem",
    "efs_file_system_config": "EFSFileSystemConfig",
    "enable_ssm_access": "EnableSSMAccess",
    "max_auto_ml_job_runtime_in_seconds": "MaxAutoMLJobRuntimeInSeconds",
    "max_payload_in_mb": "MaxPayloadInMB",
    "memory_size_in_mb": "MemorySizeInMB",
    "supported_response_mime_types": "SupportedResponseMIMETypes",
    "volume_size_in_gb": "VolumeSizeInGB",
}
#: Arguments of sagemaker-core that are no fields, and fields whose keys are the users' own.
CORE_OTHERS = ("session", "region")
CORE_MAPS = {
    "CollectionParameters", "CustomerMetadataProperties", "Environment", "HookParameters", "HyperParameters",
    "OptimizationEnvironment", "OverrideEnvironment", "ProfilingParameters", "RuleParameters", "StaticHyperParameters",
}  # fmt: skip

ESTIMATORS = {
    "Estimator", "Chainer", "HuggingFace", "MXNet", "PyTorch", "RLEstimator", "SKLearn", "TensorFlow", "XGBoost",
}  # fmt: skip
PROCESSORS = {
    "Processor", "ScriptProcessor", "FrameworkProcessor", "HuggingFaceProcessor", "MXNetProcessor", "PyTorchProcessor",
    "PySparkProcessor", "SKLearnProcessor", "SparkJarProcessor", "TensorFlowProcessor", "XGBoostProcessor",
}  # fmt: skip
MODELS = {
    "Model", "HuggingFaceModel", "MXNetModel", "PyTorchModel", "SKLearnModel", "TensorFlowModel", "XGBoostModel",
}  # fmt: skip

#: Arguments of the SageMaker SDK 2's classes, and the field of the request that each becomes.
TRAINING = {
    "image_uri": "AlgorithmSpecification.TrainingImage",
    "role": "RoleArn",
    "instance_type": "ResourceConfig.InstanceType",
    "instance_count": "ResourceConfig.InstanceCount",
    "volume_size": "ResourceConfig.VolumeSizeInGB",
    "volume_kms_key": "ResourceConfig.VolumeKmsKeyId",
    "output_path": "OutputDataConfig.S3OutputPath",
    "output_kms_key": "OutputDataConfig.KmsKeyId",
    "subnets": "VpcConfig.Subnets",
    "security_group_ids": "VpcConfig.SecurityGroupIds",
    "enable_network_isolation": "EnableNetworkIsolation",
    "encrypt_inter_container_traffic": "EnableInterContainerTrafficEncryption",
    "use_spot_instances": "EnableManagedSpotTraining",
    "max_run": "StoppingCondition.MaxRuntimeInSeconds",
    "max_wait": "StoppingCondition.MaxWaitTimeInSeconds",
    "checkpoint_s3_uri": "CheckpointConfig.S3Uri",
    "environment": "Environment",
    "hyperparameters": "HyperParameters",
    "tags": "Tags",
}
PROCESSING = {
    "image_uri": "AppSpecification.ImageUri",
    "role": "RoleArn",
    "instance_type": "ProcessingResources.ClusterConfig.InstanceType",
    "instance_count": "ProcessingResources.ClusterConfig.InstanceCount",
    "volume_size_in_gb": "ProcessingResources.ClusterConfig.VolumeSizeInGB",
    "volume_kms_key": "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    "output_kms_key": "ProcessingOutputConfig.KmsKeyId",
    "max_runtime_in_seconds": "StoppingCondition.MaxRuntimeInSeconds",
    "env": "Environment",
    "network_config": "NetworkConfig",
    "tags": "Tags",
}
MODEL = {
    "image_uri": "PrimaryContainer.Image",
    "model_data": "PrimaryContainer.ModelDataUrl",
    "env": "PrimaryContainer.Environment",
    "name": "ModelName",
    "role": "ExecutionRoleArn",
    "vpc_config": "VpcConfig",
    "enable_network_isolation": "EnableNetworkIsolation",
}
TRANSFORM = {
    "model_name": "ModelName",
    "instance_type": "TransformResources.InstanceType",
    "instance_count": "TransformResources.InstanceCount",
    "volume_kms_key": "TransformResources.VolumeKmsKeyId",
    "output_path": "TransformOutput.S3OutputPath",
    "output_kms_key": "TransformOutput.KmsKeyId",
    "env": "Environment",
    "tags": "Tags",
}
#: The class of the SageMaker SDK 3 for training.
TRAINER = {
    "training_image": "AlgorithmSpecification.TrainingImage",
    "role": "RoleArn",
    "compute": "ResourceConfig",
    "networking": "VpcConfig",
    "output_data_config": "OutputDataConfig",
    "stopping_condition": "StoppingCondition",
    "environment": "Environment",
    "hyperparameters": "HyperParameters",
    "tags": "Tags",
}
#: Objects that are arguments of these classes: their own arguments, and the fields that they become.
PARTS: Dict[str, Dict[str, str]] = {
    "NetworkConfig": {
        "enable_network_isolation": "EnableNetworkIsolation",
        "encrypt_inter_container_traffic": "EnableInterContainerTrafficEncryption",
        "subnets": "VpcConfig.Subnets",
        "security_group_ids": "VpcConfig.SecurityGroupIds",
    },
    "Compute": {
        "instance_type": "InstanceType",
        "instance_count": "InstanceCount",
        "volume_size_in_gb": "VolumeSizeInGB",
        "volume_kms_key_id": "VolumeKmsKeyId",
        "enable_managed_spot_training": "EnableManagedSpotTraining",
    },
    "Networking": {
        "subnets": "Subnets",
        "security_group_ids": "SecurityGroupIds",
        "enable_network_isolation": "EnableNetworkIsolation",
        "enable_inter_container_traffic_encryption": "EnableInterContainerTrafficEncryption",
    },
    "OutputDataConfig": {"s3_output_path": "S3OutputPath", "kms_key_id": "KmsKeyId"},
    "StoppingCondition": {
        "max_runtime_in_seconds": "MaxRuntimeInSeconds",
        "max_wait_time_in_seconds": "MaxWaitTimeInSeconds",
    },
}
#: Fields that `ModelTrainer` takes out of its parts and puts at the top of the request.
RAISED = {
    "ResourceConfig": ("EnableManagedSpotTraining",),
    "VpcConfig": ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
}
#: Classes, the operation that their instances lead to, their arguments, and fields that other calls (`fit`, `run`, `transform`) fill in.
CLASSES: List[Tuple[Set[str], str, Dict[str, str], Sequence[str]]] = [
    (ESTIMATORS, "CreateTrainingJob", TRAINING, ("InputDataConfig", "TrainingJobName", "ExperimentConfig")),
    (PROCESSORS, "CreateProcessingJob", PROCESSING, ("ProcessingInputs", "ProcessingJobName", "ExperimentConfig")),
    (MODELS, "CreateModel", MODEL, ()),
    ({"Transformer"}, "CreateTransformJob", TRANSFORM, ("TransformInput", "TransformJobName", "ExperimentConfig")),
    ({"ModelTrainer"}, "CreateTrainingJob", TRAINER, ("InputDataConfig", "TrainingJobName", "ExperimentConfig")),
]
#: Fields that the request always has: without the argument their value is the SDK's.
FILLED = {
    "CreateTrainingJob": ("AlgorithmSpecification.TrainingImage", "OutputDataConfig.S3OutputPath", "RoleArn"),
    "CreateProcessingJob": ("AppSpecification.ImageUri", "RoleArn"),
    "CreateModel": ("PrimaryContainer.Image", "ModelName"),
    "CreateTransformJob": ("ModelName",),
}


@dataclass
class Found:
    """The known part of a request."""

    line: int
    operation: str
    request: Dict[str, Any]
    cell: Optional[int] = None
    lines: Dict[str, int] = field(default_factory=dict)

    def document(self) -> Dict[str, Any]:
        return {
            "line": self.line,
            "cell": self.cell,
            "operation": self.operation,
            "request": _open(self.request),
            "lines": self.lines,
        }


def _open(value: Any) -> Any:
    """Open values as Amazon States Language writes them: the key ends in `.$`, and in lists the list is open."""
    if isinstance(value, dict):
        opened = {}
        for key, each in value.items():
            if each is LATER or (isinstance(each, list) and any(item is LATER for item in each)):
                opened[f"{key}.$"] = "$.later"
            else:
                opened[key] = _open(each)
        return opened
    if isinstance(value, list):
        return [_open(each) for each in value]
    return value


class _Values:
    """The values of names that are assigned once, to a literal, in code that every run passes."""

    def __init__(self, tree: ast.AST):
        assigned: Dict[str, List[Optional[ast.expr]]] = {}
        self._imported: Dict[str, List[str]] = {}
        self._originals: Dict[str, Set[str]] = {}
        self._bases: Dict[str, List[ast.expr]] = {}
        self._members: Dict[str, List[ast.expr]] = {}

        def visit(node: ast.AST, certain: bool) -> None:
            targets: List[Tuple[ast.expr, Optional[ast.expr]]] = []
            if isinstance(node, ast.Assign):
                targets = [(target, node.value) for target in node.targets]
            elif isinstance(node, ast.AnnAssign):
                targets = [(node.target, node.value)]
            elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
                targets = [(node.target, None)]
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                targets = [(item.optional_vars, None) for item in node.items if item.optional_vars]
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    own = (alias.asname or alias.name).split(".")[0]
                    assigned.setdefault(own, []).append(None)
                    module = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else alias.name
                    self._imported.setdefault(own, []).append(module.split(".")[0])
                    if isinstance(node, ast.ImportFrom):
                        self._originals.setdefault(own, set()).add(alias.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                arguments = node.args
                others = [other for other in (arguments.vararg, arguments.kwarg) if other is not None]
                for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *others]:
                    assigned.setdefault(argument.arg, []).append(None)
            elif isinstance(node, ast.NamedExpr):
                targets = [(node.target, None)]
            elif isinstance(node, ast.ClassDef):
                assigned.setdefault(node.name, []).append(None)
                own_making = any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
                self._bases[node.name] = [] if own_making else node.bases
            for target, value in targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self" and value:
                    self._members.setdefault(target.attr, []).append(value)
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        plain = target is name and certain
                        assigned.setdefault(name.id, []).append(value if plain else None)
                    # `config["KmsKeyId"] = key` and `config.key = key` change the value of a name.
            inner = certain and isinstance(node, (ast.Module, ast.Assign, ast.AnnAssign, ast.Expr, ast.With))
            for child in ast.iter_child_nodes(node):
                visit(child, inner)

        visit(tree, True)
        self._changed = {
            _root(node)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del))
        } | {
            _root(node.func.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
        }
        self._assigned = assigned
        self._seen: List[str] = []
        self._steps = 0

    def expression(self, name: str) -> Optional[ast.expr]:
        """The value of a name; `None` if that is not certain."""
        values = self._assigned.get(name, [])
        if len(values) != 1 or name in self._changed:
            return None
        return values[0]

    def origins(self, name: str) -> Set[str]:
        """The packages that a name was imported from; none if it has other values as well, or was not imported."""
        imported = self._imported.get(name, [])
        return set(imported) if len(imported) == len(self._assigned.get(name, [])) else set()

    def original(self, name: str) -> str:
        """The name that something was imported by: `from sagemaker.estimator import Estimator as E`."""
        originals = self._originals.get(name, set()) if self.origins(name) else set()
        return next(iter(originals)) if len(originals) == 1 else name

    def bases(self, name: str) -> List[ast.expr]:
        """The classes that a class of the file has its arguments from."""
        return self._bases.get(name, []) if len(self._assigned.get(name, [])) == 1 else []

    def members(self, name: str) -> List[ast.expr]:
        """The values that `self.name` gets."""
        return self._members.get(name, [])

    def step(self) -> bool:
        """Whether one more expression may be looked at."""
        self._steps += 1
        return self._steps <= MOST_STEPS

    def of(self, node: Optional[ast.expr]) -> Any:
        """The value of an expression, or LATER."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, (str, int, float, bool, type(None))) else LATER
        if not self.step():
            return LATER
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.elts]
            return items
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            value = self.of(node.operand)
            if isinstance(node.op, ast.Not):
                return not value if isinstance(value, bool) else LATER
            return -value if isinstance(value, (int, float)) else LATER
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.of(node.left), self.of(node.right)
            if isinstance(left, str) or isinstance(right, str):
                return _joined([left, right], "")
            same = isinstance(left, list) and isinstance(right, list)
            return left + right if same and len(left) + len(right) <= MOST_ELEMENTS else LATER
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            given = self.of(node.right)
            values = given if isinstance(given, list) else [given]
            return _filled(self.of(node.left), "%", values, given if isinstance(given, dict) else {})
        if isinstance(node, ast.JoinedStr):
            return _joined([self._piece(part) for part in node.values], "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._made(node.func, node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            if not node.args and all(keyword.arg for keyword in node.keywords):
                return {str(keyword.arg): self.of(keyword.value) for keyword in node.keywords}
        return LATER

    def _made(self, method: ast.Attribute, node: ast.Call) -> Any:
        """The text that a call makes of others: `"s3://b/{}".format(run)`, `"/".join(...)`, `os.path.join("s3://b", run)`."""
        if method.attr == "format":
            named = {keyword.arg: self.of(keyword.value) for keyword in node.keywords if keyword.arg}
            values = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.args]
            return _filled(self.of(method.value), "{", values, named)
        if method.attr != "join" or node.keywords:
            return LATER
        if isinstance(method.value, ast.Attribute) and method.value.attr == "path":
            parts = [LATER if isinstance(each, ast.Starred) else self.of(each) for each in node.args]
            return _joined([part.rstrip("/") if isinstance(part, str) else part for part in parts], "/")
        by, parts = self.of(method.value), self.of(node.args[0]) if len(node.args) == 1 else LATER
        return _joined(parts, by) if isinstance(by, str) and isinstance(parts, list) else LATER

    def _piece(self, part: ast.expr) -> Any:
        if isinstance(part, ast.FormattedValue):
            value = self.of(part.value) if part.conversion == -1 and part.format_spec is None else LATER
            return str(value) if isinstance(value, (str, int)) else LATER
        return self.of(part)

    def _name(self, name: str) -> Any:
        expression = self.expression(name)
        if expression is None or name in self._seen:
            return LATER
        self._seen.append(name)
        try:
            return self.of(expression)
        finally:
            self._seen.pop()

    def _dict(self, node: ast.Dict) -> Any:
        found: Dict[str, Any] = {}
        for key, value in zip(node.keys, node.values):
            if key is None:
                spread = self.of(value)
                if not isinstance(spread, dict):
                    return LATER
                found.update(spread)
                continue
            name = self.of(key)
            if not isinstance(name, str):
                return LATER
            found[name] = self.of(value)
        return found


def _joined(parts: Sequence[Any], by: str) -> Any:
    """Parts as one text, of which an unknown part stays open."""
    texts = [part if isinstance(part, str) else OPEN for part in parts]
    known = any(isinstance(part, str) for part in parts)
    return by.join(texts) if known and sum(map(len, texts)) <= MOST_ELEMENTS else LATER


#: Where values are put into a text: their names, and how they are written.
_PLACES = {"{": re.compile(r"\{(\w*)([^{}]*)\}"), "%": re.compile(r"%(?:\((\w+)\))?([a-zA-Z])")}


def _filled(text: Any, mark: str, values: Sequence[Any], named: Dict[str, Any]) -> Any:
    """A text with its values, of which an unknown one stays open. From a place that is not a plain one on, nothing is known."""
    if not isinstance(text, str):
        return LATER
    rest = iter(values)
    plain: Tuple[str, ...] = ("",) if mark == "{" else ("s", "d")
    whole, at = "", 0
    for place in _PLACES[mark].finditer(text):
        if mark in text[at : place.start()]:
            break
        name, written = place.group(1) or "", place.group(2)
        if name.isdigit():
            value = values[int(name)] if int(name) < len(values) else LATER
        else:
            value = named.get(name, LATER) if name else next(rest, LATER)
        known = isinstance(value, (str, int)) and not isinstance(value, bool) and written in plain
        whole, at = whole + text[at : place.start()] + (str(value) if known else OPEN), place.end()
        if len(whole) > MOST_ELEMENTS:
            return LATER
    begin, found, _ = text[at:].partition(mark)
    return whole + begin + (OPEN if found else "")


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@dataclass
class _Reader:
    """Finds the requests of one piece of code."""

    values: _Values
    cell_of: Callable[[int], Tuple[Optional[int], int]]
    found: List[Found] = field(default_factory=list)
    unread: List[Dict[str, Any]] = field(default_factory=list)

    def read(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node)
        self.found.sort(key=lambda found: (found.cell or 0, found.line))

    def _call(self, node: ast.Call) -> None:
        called, more = self._called(node.func)
        if more:
            node = ast.copy_location(ast.Call(func=called, args=node.args, keywords=[*more, *node.keywords]), node)
        name = called.attr if isinstance(called, ast.Attribute) else self._class_name(called)
        operation = OPERATIONS.get(name) if isinstance(called, ast.Attribute) else None
        if operation:
            if not self._is_of_other_service(called):
                self._boto3(node, called, operation)
            return
        if isinstance(called, ast.Attribute) and name == "create":
            self._core(node, called)
            return
        if isinstance(called, ast.Attribute) and name == "deploy":
            self._deploy(node)
            return
        name = self._class_name(called)
        for names, operation, arguments, open_fields in CLASSES:
            if name in names and not self._is_of_other_library(called):
                self._class(node, operation, arguments, open_fields)

    def _called(self, called: ast.expr) -> Tuple[ast.expr, List[ast.keyword]]:
        """What is called in the end, and arguments that are given already: `f = client.create_model`, `getattr(client, "create_model")`,
        `partial(client.create_model, ModelName="m")`."""
        more: List[ast.keyword] = []
        for _ in range(MOST_NAMES):
            if isinstance(called, ast.Name) and not self.values.origins(called.id):
                found = self.values.expression(called.id)
                if not isinstance(found, (ast.Name, ast.Attribute, ast.Call)):
                    break
                called = found
            elif isinstance(called, ast.Call) and getattr(called.func, "id", "") == "getattr" and len(called.args) >= 2:
                attribute = self.values.of(called.args[1])
                if not isinstance(attribute, str):
                    break
                called = ast.copy_location(ast.Attribute(value=called.args[0], attr=attribute, ctx=ast.Load()), called)
            elif isinstance(called, ast.Call) and _last(called.func) == "partial" and len(called.args) == 1:
                more = [*called.keywords, *more]
                called = called.args[0]
            else:
                break
        return called, more

    def _class_name(self, called: ast.expr) -> str:
        """The name of a class, as its library calls it. A class of the file that is made like its base counts as that one."""
        for _ in range(MOST_NAMES):
            if isinstance(called, ast.Attribute):
                return called.attr
            if not isinstance(called, ast.Name):
                return ""
            bases = self.values.bases(called.id)
            if not bases:
                return self.values.original(called.id)
            called = bases[0]
        return ""

    def _is_of_other_service(self, called: ast.expr) -> bool:
        """Whether a method is certainly that of a client of another service: `boto3.client("opensearch").create_domain`."""
        made: Sequence[Optional[ast.expr]] = [called.value if isinstance(called, ast.Attribute) else None]
        if isinstance(made[0], ast.Name):
            made = [self.values.expression(made[0].id)]
        elif isinstance(made[0], ast.Attribute) and _root(made[0]) == "self":
            made = self.values.members(made[0].attr)
        services = [self._service(call) for call in made]
        return bool(services) and all(service not in (None, "sagemaker") for service in services)

    def _service(self, made: Optional[ast.expr]) -> Optional[str]:
        """The service of a client that an expression makes, if it is literal."""
        if not isinstance(made, ast.Call):
            return None
        name = made.func.attr if isinstance(made.func, ast.Attribute) else getattr(made.func, "id", "")
        if name not in ("client", "create_client"):
            return None
        named = [keyword.value for keyword in made.keywords if keyword.arg == "service_name"]
        service = self.values.of(named[0] if named else made.args[0] if made.args else None)
        return service if isinstance(service, str) and OPEN not in service else None

    def _is_of_other_library(self, called: ast.expr) -> bool:
        """Whether a class was certainly imported from elsewhere than the SageMaker SDK: `keras.Model`. A module of the project itself, in a
        relative import, may pass on the SDK's."""
        while isinstance(called, ast.Name) and self.values.bases(called.id):
            called = self.values.bases(called.id)[0]
        origins = self.values.origins(_root(called))
        return bool(origins) and not any(not origin or origin.startswith("sagemaker") for origin in origins)

    def _boto3(self, node: ast.Call, called: ast.expr, operation: str) -> None:
        named = [keyword.arg for keyword in node.keywords if keyword.arg]
        if named and not any(name[0].isupper() for name in named):
            # Not a client of boto3, whose arguments begin with capitals: a method of the SDK's, or of anybody's.
            if self._is_made_by_sdk(called):
                self._leave(node, operation, "a method of the SDK: its request is known only when it runs")
            return
        request: Dict[str, Any] = {}
        lines: Dict[str, int] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                spread = self.values.of(keyword.value)
                if not isinstance(spread, dict):
                    self._leave(node, operation, "its arguments are known only when it runs (`**`)")
                    return
                request.update(spread)
                lines.update(self._lines_of(keyword.value, ""))
            else:
                request[keyword.arg] = self.values.of(keyword.value)
                lines[keyword.arg] = self._line(keyword.value)
                lines.update(self._lines_of(keyword.value, keyword.arg + "."))
        if not request:
            self._leave(node, operation, "it has no arguments by name")
            return
        self._add(node, operation, request, lines)

    def _is_made_by_sdk(self, called: ast.expr) -> bool:
        """Whether a method is of an object of the SageMaker SDK: `session.create_model(name=...)`."""
        made = called.value if isinstance(called, ast.Attribute) else None
        if isinstance(made, ast.Name):
            made = self.values.expression(made.id)
        if not isinstance(made, ast.Call):
            return False
        return any(origin.startswith("sagemaker") for origin in self.values.origins(_root(made.func)))

    def _core(self, node: ast.Call, called: ast.Attribute) -> None:
        """`TrainingJob.create(...)` of sagemaker-core: its arguments are the fields in small letters."""
        name = self._class_name(called.value)
        operation = f"Create{name}" if name in CORE_CLASSES else ""
        if not operation or self._is_of_other_library(called.value):
            return
        own = f"{CORE_CLASSES[name]}_name"
        known = self.values.origins(_root(called.value)) or any(keyword.arg == own for keyword in node.keywords)
        given = self._given(node, operation) if known else None
        if given is None:
            return
        if node.args or not given:
            self._leave(node, operation, "it has no arguments by name")
            return
        request: Dict[str, Any] = {}
        lines: Dict[str, int] = {}
        for argument, expression in given.items():
            if argument not in CORE_OTHERS:
                field_name = _core_name(argument)
                request[field_name] = self._core_value(field_name, expression, lines, field_name, MOST_NAMES)
        self._add(node, operation, request, lines)

    def _core_value(self, name: str, expression: ast.expr, lines: Dict[str, int], path: str, left: int) -> Any:
        """A value of sagemaker-core in the words of the API: its objects and dicts have fields in small letters."""
        if not left or not self.values.step():
            return LATER
        lines[path] = self._line(expression)
        if isinstance(expression, ast.Name):
            named = self.values.expression(expression.id)
            if isinstance(named, (ast.Call, ast.Dict, ast.List)):
                return self._core_value(name, named, lines, path, left - 1)
        if isinstance(expression, ast.List):
            each = enumerate(expression.elts)
            return [self._core_value(name, item, lines, f"{path}[{index}]", left - 1) for index, item in each]
        members: List[Tuple[Optional[str], ast.expr]] = []
        if isinstance(expression, ast.Call) and _last(expression.func)[:1].isupper() and not expression.args:
            members = [(keyword.arg, keyword.value) for keyword in expression.keywords]
        elif isinstance(expression, ast.Dict) and name not in CORE_MAPS:
            keys = [self.values.of(key) if key else None for key in expression.keys]
            members = [(key if isinstance(key, str) else None, value) for key, value in zip(keys, expression.values)]
        else:
            return self.values.of(expression)
        made: Dict[str, Any] = {}
        for key, value in members:
            if key is None:
                return LATER
            inner = _core_name(key)
            made[inner] = self._core_value(inner, value, lines, f"{path}.{inner}", left - 1)
        return made

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
                _put(request, path, self._field(path, expression))
                lines[path] = self._line(expression)
        if node.args:
            # Arguments by position: which ones differs from class to class.
            for name, path in arguments.items():
                if name not in given:
                    _put(request, path, LATER)
        for path in [*open_fields, *FILLED.get(operation, ())]:
            if _get(request, path) is None:
                _put(request, path, LATER)
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
                _put(request, path, self._field(path, given[name]))
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

    def _given(self, node: ast.Call, operation: str) -> Optional[Dict[str, ast.expr]]:
        """The arguments by name; `None` if they cannot be known."""
        given: Dict[str, ast.expr] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._leave(node, operation, "its arguments are known only when it runs (`**`)")
                return None
            given[keyword.arg] = keyword.value
        return given

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
                    _put(part, path, self.values.of(keyword.value))
            return part
        return self.values.of(expression)

    def _constructed(self, expression: Optional[ast.expr], name: str) -> Optional[ast.Call]:
        """The call of this class that an expression is, or that a name refers to."""
        if isinstance(expression, ast.Name):
            expression = self.values.expression(expression.id)
        if not isinstance(expression, ast.Call):
            return None
        called = expression.func
        return expression if self._class_name(called) == name else None

    def _lines_of(self, expression: ast.expr, prefix: str) -> Dict[str, int]:
        """The line of each field within a dict."""
        if not self.values.step():
            return {}
        if isinstance(expression, ast.Name):
            named = self.values.expression(expression.id)
            return self._lines_of(named, prefix) if isinstance(named, (ast.Dict, ast.List)) else {}
        lines: Dict[str, int] = {}
        if isinstance(expression, ast.Dict):
            for key, value in zip(expression.keys, expression.values):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    lines[prefix + key.value] = self._line(key)
                    lines.update(self._lines_of(value, f"{prefix}{key.value}."))
        elif isinstance(expression, ast.List):
            for index, each in enumerate(expression.elts):
                lines.update(self._lines_of(each, f"{prefix[:-1]}[{index}]."))
        return lines

    def _line(self, node: ast.expr) -> int:
        return self.cell_of(node.lineno)[1]

    def _add(self, node: ast.Call, operation: str, request: Dict[str, Any], lines: Dict[str, int]) -> None:
        cell, line = self.cell_of(node.lineno)
        known = {name: value for name, value in request.items() if value is not None}
        self.found.append(Found(line, operation, known, cell, lines))

    def _leave(self, node: ast.Call, operation: str, why: str) -> None:
        cell, line = self.cell_of(node.lineno)
        self.unread.append({"line": line, "cell": cell, "operation": operation, "why": why})


def _last(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _core_name(argument: str) -> str:
    """The field of the API that an argument of sagemaker-core is. A name with a capital is the field's own."""
    if argument[:1].isupper():
        return argument
    return CORE_NAMES.get(argument) or "".join(word[:1].upper() + word[1:] for word in argument.split("_"))


def _put(request: Dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    *folders, last = path.split(".")
    for folder in folders:
        inner = request.setdefault(folder, {})
        if not isinstance(inner, dict):
            return
        request = inner
    request[last] = value


def _get(request: Any, path: str) -> Any:
    for part in path.split("."):
        if request is LATER:
            return LATER
        request = request.get(part) if isinstance(request, dict) else None
    return request


def _words(error: Exception) -> str:
    return getattr(error, "msg", None) or str(error)


#: Cells in another language, or in another file. Others are Python, like `%%time` and `%%capture`.
_OTHER_CELLS = {
    "!", "bash", "bigquery", "cmd", "cython", "file", "html", "javascript", "js", "latex", "markdown", "perl", "r", "ruby", "script",
    "sh", "sparksql", "sql", "svg", "sx", "system", "writefile",
}  # fmt: skip
#: Lines that run a statement: `%time client.create_model(...)`, with options.
_STATEMENT = re.compile(r"^(\s*)%(?:time|timeit|prun|memit|mprun|lprun|debug|snakeviz)\b(?:\s+--?[A-Za-z][\w.=-]*(?:\s+\d+)?)*\s*(.*)$")
#: `files = !ls` and `rows = %sql select 1`.
_ASSIGNED = re.compile(r"^(\s*[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*\s*=\s*)([!%].*)$")
#: Other lines that only IPython understands: `!ls`, `%sql select 1`, `?name`, `name?`.
_MAGIC = re.compile(r"^\s*([%!?]|[A-Za-z_%][\w.]*\?{1,2}\s*$)")
#: A command of a shell that creates something.
_SHELL = re.compile(r"\baws\s+(?:--?[\w-]+(?:[ =][\w./-]+)?\s+)*sagemaker\s+(create-[a-z0-9-]+)")
#: What code names if it creates something.
_CREATES = re.compile(
    r"\b(?:" + "|".join([*OPERATIONS, *(f"{name}\\.create" for name in CORE_CLASSES), *ESTIMATORS, *PROCESSORS, "ModelTrainer"]) + r")\b"
)


def _magic(text: str) -> str:
    """The name of a cell's magic, such as `bash`."""
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return re.split(r"\s", first[2:].lower(), maxsplit=1)[0] if first.startswith("%%") else ""


def _code(text: str) -> str:
    """Code without IPython's own lines; the numbers of lines stay."""
    if _magic(text) in _OTHER_CELLS:
        return "\n" * text.count("\n")
    try:
        ast.parse(text)
        return text
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    plain: List[str] = []
    quote, depth, continues = "", 0, False
    for line in text.split("\n"):
        if continues:
            # The rest of a command.
            continues = line.rstrip().endswith("\\")
            plain.append("")
            continue
        if not quote and not depth:
            made = _plain(line)
            continues = made != line and line.rstrip().endswith("\\")
            line = made[: made.rstrip().rfind("\\")] if continues and made.rstrip().endswith("\\") else made
        quote, depth = _left_open(line, quote, depth)
        plain.append(line)
    return "\n".join(plain)


def _plain(line: str) -> str:
    """A line as Python: a statement stays, the value of a command is open."""
    indent = line[: len(line) - len(line.lstrip())]
    statement = _STATEMENT.match(line)
    if statement:
        return f"{indent}{statement.group(2)}" if statement.group(2) else f"{indent}pass"
    assigned = _ASSIGNED.match(line)
    if assigned:
        inner = _STATEMENT.match(assigned.group(2))
        value = inner.group(2) if inner and inner.group(2) else "later()"
        return f"{assigned.group(1)}{value}"
    return f"{indent}pass" if _MAGIC.match(line) else line


def _left_open(line: str, quote: str, depth: int) -> Tuple[str, int]:
    """The quotation mark and the number of brackets that are open at the end of a line."""
    at = 0
    while at < len(line):
        letter = line[at]
        if quote:
            if letter == "\\":
                at += 1
            elif line.startswith(quote, at):
                at += len(quote) - 1
                quote = ""
        elif letter == "#":
            break
        elif letter in "\"'":
            quote = line[at : at + 3] if line[at : at + 3] == letter * 3 else letter
            at += len(quote) - 1
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(depth - 1, 0)
        at += 1
    # Only a text in three quotation marks goes on in the next line.
    return (quote if len(quote) == 3 else ""), depth


def _commands(text: str) -> Iterator[Tuple[int, str]]:
    """The commands of a cell that have SageMaker create something, each with its line."""
    is_shell = _magic(text) in ("bash", "sh", "script", "!", "sx", "system", "cmd")
    for number, line in enumerate(text.split("\n"), 1):
        found = _SHELL.search(line) if is_shell or "!" in line or line.lstrip().startswith(("%sx", "%system", "%bash")) else None
        if found:
            yield number, found.group(1)


def _cells(notebook: Any) -> Iterator[Tuple[int, str]]:
    """The code cells of a notebook (nbformat 4), each with its number among all cells, from 1."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("it has no `cells`: it is not a notebook of format 4")
    for number, cell in enumerate(notebook["cells"], 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            yield number, "".join(source) if isinstance(source, list) else str(source)


def requests(text: str, is_notebook: bool) -> Dict[str, Any]:
    """The requests in a file, and the parts that could not be read.

    Raises ValueError if the file is not Python, or not a notebook.
    """
    unread: List[Dict[str, Any]] = []
    pieces: List[Tuple[Optional[int], str]] = []
    if is_notebook:
        for number, written in _cells(json.loads(text)):
            for line, command in _commands(written):
                why = "a command of a shell: check its request as a file of its own"
                unread.append({"line": line, "cell": number, "operation": f"`aws sagemaker {command}`", "why": why})
            source = _code(written)
            try:
                ast.parse(source)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None) or 1
                # A cell that names nothing that creates anything has nothing to judge.
                created = _CREATES.search(written)
                operation = f"`{created.group()}`" if created else None
                unread.append({"line": line, "cell": number, "operation": operation, "why": f"not Python: {_words(error)}"})
                continue
            pieces.append((number, source))
    else:
        pieces.append((None, text))
    starts: List[Tuple[int, Optional[int]]] = []
    whole: List[str] = []
    for cell, source in pieces:
        starts.append((len(whole), cell))
        whole.extend(source.split("\n"))
    try:
        tree = ast.parse("\n".join(whole))
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: not Python: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error

    def cell_of(line: int) -> Tuple[Optional[int], int]:
        start, number = max((start for start in starts if start[0] < line), key=lambda start: start[0])
        return number, line - start

    reader = _Reader(_Values(tree), cell_of)
    reader.read(tree)
    return {"requests": [found.document() for found in reader.found], "unread": [*unread, *reader.unread]}


def main() -> int:
    """Reads a file of code from standard input, a notebook with `--notebook`, and prints the document."""
    if sys.version_info < (3, 9):
        print(json.dumps({"error": f"Python 3.9 or newer is needed; this is {sys.version.split()[0]}"}))
        return 0
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
        answer = requests(text, "--notebook" in sys.argv[1:])
    except (ValueError, RecursionError, MemoryError) as error:
        answer = {"error": str(error) or type(error).__name__}
    print(json.dumps(answer, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
