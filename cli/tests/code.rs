//! `sagewarden check` on Python files and notebooks: it judges literal requests, and runs nothing.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::process::{Command, Output};

use run::{failure, out, sagewarden};
use serde_json::{Value, json};
use tempfile::TempDir;

const BOTO3: &str = r#"import boto3
sm = boto3.client("sagemaker")
bucket = "ds-models"
cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1,
           "VolumeSizeInGB": 10}
sm.create_training_job(
    TrainingJobName=f"credit-{version()}",
    RoleArn=role,
    AlgorithmSpecification={"TrainingImage": "r/i@sha256:4f8c3bd2", "TrainingInputMode": "File"},
    ResourceConfig=cluster,
    OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out", "KmsKeyId": key},
    EnableNetworkIsolation=True,
)
"#;

/// A folder, and what the command answers there.
struct Folder(TempDir);

impl Folder {
    fn with(name: &str, text: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        fs::write(folder.0.path().join(name), text).unwrap();
        folder
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        command.arg("check").args(arguments).args(["--profile", "strict"]).current_dir(self.0.path());
        command
    }

    fn document(&self, name: &str) -> Value {
        let output = self.command(&[name, "--format", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, name: &str) -> String {
        let output = self.command(&[name]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Control, status and line of each finding of the subjects of a file.
fn findings(document: &Value) -> Vec<(String, String, Option<u64>)> {
    let subjects = document.pointer("/files/0/subjects").unwrap().as_array().unwrap();
    let found = subjects.iter().flat_map(|subject| subject["findings"].as_array().unwrap());
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    found.map(|each| (word(each, "control"), word(each, "status"), each["line"].as_u64())).collect()
}

fn failed(document: &Value, control: &str) -> Option<u64> {
    let mut found = findings(document).into_iter();
    found.find(|(id, status, _)| id == control && status == "violation").and_then(|(_, _, line)| line)
}

fn notebook(cells: &[&str]) -> String {
    let cell = |source: &&str| {
        let lines: Vec<&str> = source.split_inclusive('\n').collect();
        json!({ "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": lines })
    };
    let cells: Vec<Value> = cells.iter().map(cell).collect();
    format!("{:#}", json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells }))
}

#[test]
fn a_call_of_boto3_is_judged_as_far_as_it_is_literal() {
    let document = Folder::with("train.py", BOTO3).document("train.py");
    // The value of the name is four lines above; an absent field has the line of the call's first argument.
    assert_eq!(failed(&document, "TRN-ENC-01"), Some(4));
    assert_eq!(failed(&document, "TRN-NET-01"), Some(7));
    // The key and the role are known when the code runs.
    for control in ["TRN-ENC-02", "TRN-NET-02", "TRN-REP-01"] {
        assert!(failed(&document, control).is_none(), "{control}: {:?}", findings(&document));
    }
}

#[test]
fn classes_of_the_sagemaker_sdk_are_judged_as_the_request_that_they_become() {
    let code = r#"from sagemaker.estimator import Estimator
from sagemaker.network import NetworkConfig
network = NetworkConfig(enable_network_isolation=False, subnets=["subnet-1"], security_group_ids=["sg-1"])
estimator = Estimator(
    image_uri="r/i:latest", role="DataScientist", instance_count=2, instance_type="ml.m5.xlarge",
    subnets=["subnet-1"], security_group_ids=["sg-1"],
    enable_network_isolation=True,
)
ScriptProcessor(role=role, image_uri=image, command=["python3"], instance_count=1,
                instance_type="ml.m5.xlarge", network_config=network)
"#;
    let document = Folder::with("sdk.py", code).document("sdk.py");
    let kinds: Vec<&str> = document
        .pointer("/files/0/subjects")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|subject| subject["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["training-job", "processing-job"]);
    assert_eq!(failed(&document, "TRN-REP-01"), Some(5), "an image by tag");
    assert!(failed(&document, "TRN-ENC-03").is_some(), "two instances without encryption between them");
    assert!(failed(&document, "TRN-NET-01").is_none());
    assert!(failed(&document, "PRC-NET-02").is_some(), "{:?}", findings(&document));
    assert!(failed(&document, "TRN-TRC-01").is_none(), "`fit` names the experiment");
}

#[test]
fn a_notebook_names_cell_and_line_and_passes_over_what_is_not_python() {
    let cells = [
        "%matplotlib inline\nimport boto3\nsm = boto3.client('sagemaker')\n!pip install x",
        "%%bash\naws sagemaker list-models",
        "for",
        "sm.create_model(ModelName='m', ExecutionRoleArn=role,\n  EnableNetworkIsolation=False)",
        "sm.create_processing_job(**arguments)",
    ];
    let folder = Folder::with("n.ipynb", &notebook(&cells));
    let document = folder.document("n.ipynb");
    let line = failed(&document, "MDL-NET-02").unwrap();
    let written = fs::read_to_string(folder.0.path().join("n.ipynb")).unwrap();
    let line = usize::try_from(line).unwrap();
    assert!(written.lines().nth(line - 1).unwrap().contains("EnableNetworkIsolation=False"));
    assert_eq!(document.pointer("/files/0/subjects/0/place").unwrap(), "cell 4 line 1");
    let said = document.to_string();
    assert!(
        said.contains("cell 5 line 1: CreateProcessingJob: its arguments are known only when it runs"),
        "{said}"
    );
    assert!(said.contains("cell 3 line 1: not Python"), "{said}");
}

/// The kinds of the requests in cells, and everything that was said.
fn said_of(cells: &[&str]) -> (Vec<String>, String) {
    let document = Folder::with("n.ipynb", &notebook(cells)).document("n.ipynb");
    let subjects = document.pointer("/files/0/subjects").and_then(Value::as_array).cloned();
    let kind = |subject: Value| subject.get("kind").unwrap().as_str().unwrap().to_owned();
    (subjects.unwrap_or_default().into_iter().map(kind).collect(), document.to_string())
}

#[test]
fn what_only_ipython_understands_hides_no_request_beside_it() {
    const CALL: &str = "sm.create_model(ModelName='m', EnableNetworkIsolation=False)";
    for cell in [
        "files = !ls\nCALL",
        "a, b = !ls \\\n  -l 'x\nCALL",
        "rows = %sql select 1\nCALL",
        "%sql select 'it\nCALL",
        "%time CALL",
        "%timeit -n 1 -r 2 CALL",
        "answer = %time CALL",
        "%%time\nCALL",
        "%%timeit -n 1\nCALL",
        "%%capture out\nCALL",
        "%%local\nCALL",
        "!pip install a \\\n  b\nCALL",
        "?sm\nCALL",
        "sm.create_model??\nCALL",
        "%matplotlib?\nCALL",
        "if True:\n    !ls\n    CALL",
        "%time sm.create_model(ModelName='m',\n  EnableNetworkIsolation=False)",
        "!ls\ntext = \"\"\"\n!x\n%y '\n\"\"\"\nCALL",
        "!ls\nx = (7\n% 3)\nCALL",
    ] {
        let cell = cell.replace("CALL", CALL);
        let (kinds, said) = said_of(&[&cell]);
        assert_eq!(kinds, ["model"], "{cell}: {said}");
    }
    for (cell, expect) in [
        ("%%bash\necho sm.create_model", false),
        ("%%writefile x.py\nsm.create_model(ModelName='m')", false),
        ("%%html\n<b>", false),
        ("x = (\nsm.create_model(ModelName='m')", true),
        ("%%bash\naws --region eu-west-1 sagemaker create-model --cli-input-json file://m.json", true),
        ("!aws sagemaker create-training-job --training-job-name t", true),
        ("!aws sagemaker list-models", false),
    ] {
        let (kinds, said) = said_of(&[cell, "import sagemaker"]);
        assert!(kinds.is_empty(), "{cell}: {said}");
        assert_eq!(!said.contains("\"undecided\":[]"), expect, "{cell}: {said}");
    }
}

#[test]
fn a_call_is_found_under_another_name() {
    for code in [
        "import boto3 as b\nb.client('sagemaker').create_model(ModelName='m')",
        "f = given.create_model\nf(ModelName='m')",
        "getattr(given, 'create_' + 'model')(ModelName='m')",
        "from functools import partial\npartial(given.create_model, ModelName='m')(EnableNetworkIsolation=False)",
        "from sagemaker.estimator import Estimator as E\nE(image_uri='i', role='r')",
        "import sagemaker.estimator as e\ne.Estimator(image_uri='i', role='r')",
        "from sagemaker.pytorch import PyTorch as P\nclass Mine(P):\n  pass\nMine(entry_point='t.py', role='r')",
        "estimator.deploy(1, 'ml.m5.large')",
        "estimator.deploy(serverless_inference_config=config)",
        "class A:\n  def __init__(self):\n    self.sm = boto3.client('sagemaker')\n  def go(self):\n    self.sm.create_model(ModelName='m')",
    ] {
        assert_eq!(found(code), 1, "{code}");
    }
    for code in [
        "from keras import Model as E\nE(name='m', role='r')",
        "from torch import nn\nclass Mine(nn.Model):\n  pass\nMine(name='m', role='r')",
        "self.create_model(units=3)",
        "app.deploy(3, 'blue')",
        "f = boto3.client('dms').create_endpoint\nf(EndpointName='e')",
    ] {
        assert_eq!(found(code), 0, "{code}");
    }
    let session = "session = sagemaker.Session()\nsession.create_model(name='m', role='r')";
    let document = Folder::with("s.py", &format!("import sagemaker\n{session}\n")).document("s.py");
    assert!(document.to_string().contains("a method of the SDK"), "{document}");
}

#[test]
fn classes_of_sagemaker_core_are_judged_as_the_requests_that_they_send() {
    let code = r#"from sagemaker.core.resources import TrainingJob as Job, EndpointConfig
from sagemaker_core.main import resources
from sagemaker.core.shapes import OutputDataConfig, ResourceConfig
cluster = ResourceConfig(instance_type="ml.m5.xlarge", instance_count=2,
                         volume_size_in_gb=10)
Job.create(training_job_name=f"t-{run}", role_arn=role, session=session,
    output_data_config=OutputDataConfig(s3_output_path="s3://b", kms_key_id=key), resource_config=cluster,
    hyper_parameters={"learning_rate": "1"}, enable_network_isolation=False)
resources.Model.create(model_name="m", vpc_config={"subnets": ["s"], "security_group_ids": ["g"]})
EndpointConfig.create(endpoint_config_name="e", production_variants=[{"variant_name": "v", "instance_type": "ml.m5.large"}])
Job.create(**given)
from mongo import Model
Model.create(model_name="x")
"#;
    let document = Folder::with("core.py", code).document("core.py");
    assert_eq!(failed(&document, "TRN-ENC-01"), Some(4), "{:?}", findings(&document));
    assert_eq!(failed(&document, "TRN-NET-02"), Some(8));
    assert!(failed(&document, "TRN-ENC-02").is_none(), "the key is known when it runs");
    assert!(failed(&document, "MDL-NET-01").is_none() && failed(&document, "MDL-NET-02").is_some());
    assert!(failed(&document, "EPC-ENC-01").is_some());
    let said = document.to_string();
    assert!(said.contains("line 11: CreateTrainingJob: its arguments are known only when it runs"), "{said}");
    assert_eq!(document.pointer("/files/0/subjects").unwrap().as_array().unwrap().len(), 3);
}

#[test]
fn the_bucket_of_a_text_that_code_puts_together_is_judged_where_it_is_written() {
    for (location, expect) in [
        ("f's3://{bad}/{run}'", true),
        ("'s3://bad/' + run", true),
        ("'s3://{}/{}'.format(bad, run)", true),
        ("'s3://%s/%s' % (bad, run)", true),
        ("os.path.join('s3://bad', run)", true),
        ("'/'.join(['s3:/', bad, run])", true),
        ("f's3://{run}/bad'", false),
        ("'s3://bad' + run", false),
        ("'s3://{x.y}/bad'.format(x=run)", false),
    ] {
        let code = format!(
            "import sagemaker, os\nbad = 'bad'\nsm.create_training_job(TrainingJobName='t', OutputDataConfig={{'S3OutputPath': {location}}})\n"
        );
        let folder = Folder::with("t.py", &code);
        fs::write(folder.0.path().join("sagewarden.toml"), "[artifacts]\nallowed_buckets = [\"ok\"]\n")
            .unwrap();
        let document = folder.document("t.py");
        assert_eq!(
            failed(&document, "TRN-ART-02").is_some(),
            expect,
            "{location}: {:?}",
            findings(&document)
        );
    }
}

#[test]
fn a_value_that_changes_or_depends_on_the_run_is_not_guessed() {
    for before in [
        "isolated = False\nisolated = True\n",
        "if debug:\n  isolated = False\n",
        "for isolated in [False]: pass\n",
        "def run(isolated): pass\nisolated = False\n",
    ] {
        let code = format!(
            "{before}sm = sagemaker\nsm.create_model(ModelName='m', EnableNetworkIsolation=isolated)\n"
        );
        let document = Folder::with("m.py", &code).document("m.py");
        assert!(failed(&document, "MDL-NET-02").is_none(), "{before}: {:?}", findings(&document));
    }
    // The arguments of a function hide what the file says of the same name.
    for arguments in ["**given", "*given", "given=None"] {
        let code = format!(
            "given = {{'EnableNetworkIsolation': False}}\ndef run({arguments}):\n  sm.create_model(ModelName='m', **given)\n"
        );
        let output = Folder::with("m.py", &code).document("m.py").to_string();
        assert!(output.contains("known only when it runs"), "{arguments}: {output}");
    }
    let changed = "request = {'ModelName': 'm', 'EnableNetworkIsolation': False}\nrequest['EnableNetworkIsolation'] = True\n\
                   sm.create_model(**request)\n";
    let output = Folder::with("m.py", changed).document("m.py").to_string();
    assert!(output.contains("known only when it runs"), "{output}");
}

#[test]
fn nothing_in_the_file_or_beside_it_is_run() {
    let folder = Folder::with("train.py", &format!("open('ran', 'w')\n{BOTO3}"));
    for module in ["ast.py", "json.py", "re.py", "sitecustomize.py"] {
        fs::write(folder.0.path().join(module), "open('ran', 'w')\n").unwrap();
    }
    assert!(failed(&folder.document("train.py"), "TRN-ENC-01").is_some());
    assert!(!folder.0.path().join("ran").exists());
}

#[test]
fn hostile_code_ends_with_a_reason() {
    let doubling: String = (1..60).map(|n| format!("a{n} = a{} + a{}\n", n - 1, n - 1)).collect();
    let nested: String = (1..60).map(|n| format!("d{n} = {{'a': d{}, 'b': d{}}}\n", n - 1, n - 1)).collect();
    let call = |value: &str| format!("sm.create_model(ModelName={value}, EnableNetworkIsolation=False)\n");
    for code in [
        format!("a0 = 'xxxxxxxxxxxxxxxx'\n{doubling}{}", call("a59")),
        format!("d0 = {{}}\n{nested}{}", call("d59")),
        format!("a = b\nb = a\n{}", call("a")),
    ] {
        let document = Folder::with("h.py", &code).document("h.py");
        assert!(failed(&document, "MDL-NET-02").is_some(), "{:?}", findings(&document));
    }
    let deep = format!("x = {}{}\n", "(".repeat(100_000), ")".repeat(100_000));
    for (name, code) in [
        ("deep.py", deep.as_str()),
        ("none.py", "for\n"),
        ("zero.py", "x = 1\0\n"),
        ("n.ipynb", "{}"),
        ("cut.ipynb", "{\"cells\": ["),
        ("empty.py", ""),
    ] {
        let why = Folder::with(name, code).refused(name);
        assert!(why.contains(name) && !why.contains("Traceback"), "{name}: {why}");
    }
}

#[test]
fn in_a_folder_code_of_others_is_passed_over_and_code_that_cannot_be_read_is_named() {
    let folder = Folder::with("train.py", BOTO3);
    for (name, code) in [
        ("other.py", "print('hello')\n"),
        ("old.py", "print 'sagemaker'\n"),
        ("none.py", "import sagemaker\n"),
    ] {
        fs::write(folder.0.path().join(name), code).unwrap();
    }
    let Output { stdout, stderr, status } = folder.command(&["."]).output().unwrap();
    assert_eq!(status.code(), Some(1));
    let (shown, errors) = (text(&stdout), text(&stderr));
    assert!(shown.contains("train.py"), "{shown}{errors}");
    assert!(errors.contains("old.py` cannot be judged: line 1: not Python"), "{errors}");
    assert!(shown.contains("2 files skipped"), "{shown}");
}

#[test]
fn without_python_it_says_what_to_install() {
    let folder = Folder::with("train.py", BOTO3);
    let output = folder.command(&["train.py"]).env("PATH", folder.0.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("install Python 3.9 or newer as `python3`"), "{said}");
}

#[test]
fn a_file_of_code_stands_beside_files_of_other_forms() {
    let folder = Folder::with("train.py", BOTO3);
    fs::write(
        folder.0.path().join("m.json"),
        json!({ "ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r" }).to_string(),
    )
    .unwrap();
    let whole = out(&sagewarden(&["check", folder.0.path().to_str().unwrap(), "--format", "json"]));
    let document: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(document["files"].as_array().unwrap().len(), 2);
    assert!(failure(&["check", "nowhere.py"]).1.contains("nowhere.py"));
}

/// The operations of the requests that were found, with what was left unread.
fn found(code: &str) -> usize {
    let document = Folder::with("a.py", &format!("import boto3, sagemaker\n{code}\n")).document("a.py");
    document.pointer("/files/0/subjects").and_then(Value::as_array).map_or(0, Vec::len)
}

#[test]
fn calls_of_other_services_and_classes_of_other_libraries_are_none_of_ours() {
    let own = [
        "boto3.client('sagemaker').create_domain(DomainName='d')",
        "boto3.Session().client(service_name='sagemaker').create_domain(DomainName='d')",
        "given.create_domain(DomainName='d')",
        "boto3.client(named()).create_domain(DomainName='d')",
        "from sagemaker.model import Model\nModel(name='m', role='r')",
        "sagemaker.model.Model(name='m', role='r')",
        "from .ours import Model\nModel(name='m', role='r')",
        "class A:\n  def __init__(self):\n    self.c = boto3.client('sagemaker')\n  def go(self):\n    self.c.create_model(ModelName='m')",
    ];
    for code in own {
        assert_eq!(found(code), 1, "{code}");
    }
    let others = [
        "boto3.client('opensearch').create_domain(DomainName='d')",
        "es = boto3.client(service_name='opensearch')\nes.create_domain(DomainName='d')",
        "boto3.Session().client('lookoutequipment').create_model(ModelName='m')",
        "class A:\n  def __init__(self):\n    self.c = boto3.client('dms')\n  def go(self):\n    self.c.create_endpoint(EndpointName='e')",
        "import keras\nkeras.Model(inputs=1, name='net')",
        "from tensorflow import keras\nkeras.models.Model(name='net')",
        "try:\n  from keras import Model\nexcept ImportError:\n  from tensorflow.keras import Model\nModel(name='net')",
    ];
    for code in others {
        assert_eq!(found(code), 0, "{code}");
    }
}

#[test]
fn a_text_that_json_dumps_makes_of_literals_is_read() {
    let code = r#"import boto3, json
from json import dumps as written
sm = boto3.client("sagemaker")
config = {"Subnets": ["subnet-1"], "S3Uri": "s3://elsewhere/x"}
sm.create_job(JobName="j", JobCategory="AgentRFT", JobConfigSchemaVersion="1.0.0", RoleArn=role,
              JobConfigDocument=json.dumps(config, indent=2))
sm.create_job(JobName="k", JobCategory="AgentRFT", JobConfigSchemaVersion="1.0.0", RoleArn=role,
              JobConfigDocument=written({"Run": run, "S3Uri": "s3://elsewhere/y"}))
sm.create_job(JobName="l", JobCategory="AgentRFT", JobConfigSchemaVersion="1.0.0", RoleArn=role,
              JobConfigDocument=other.dumps({"S3Uri": "s3://elsewhere/z"}))
sm.import_hub_content(HubName="h", HubContentName="c", HubContentType="Model", DocumentSchemaVersion="2.0.0",
                      HubContentDocument=json.dumps({"ArtifactUri": "s3://elsewhere/m"}))
sm.put_endpoint_policy(EndpointName="e", ResourcePolicy=json.dumps({"Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "sagemaker:InvokeEndpoint", "Resource": "*"}]}))
sm.create_pipeline(PipelineName="p", RoleArn=role, PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": [
    {"Name": "train", "Type": "Training", "Arguments": {"EnableNetworkIsolation": False}}]}))
"#;
    let folder = Folder::with("jobs.py", code);
    fs::write(folder.0.path().join("s.toml"), "[artifacts]\nallowed_buckets = [\"ds-*\"]\n").unwrap();
    let output = folder.command(&["jobs.py", "--format", "json", "--settings", "s.toml"]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<(String, Option<u64>)> = findings(&document)
        .into_iter()
        .filter(|(id, status, _)| {
            status == "violation"
                && ["JOB-ART-01", "HBC-ART-02", "END-IAM-01", "TRN-NET-02"].contains(&id.as_str())
        })
        .map(|(id, _, line)| (id, line))
        .collect();
    let names: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    // The third job's text is made by somebody else's `dumps`: nobody knows it.
    assert_eq!(names, ["JOB-ART-01", "JOB-ART-01", "HBC-ART-02", "END-IAM-01", "TRN-NET-02"], "{document:#}");
    assert_eq!(found.first().and_then(|(_, line)| *line), Some(6));
}
