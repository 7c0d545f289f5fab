//! A part that may be about SageMaker and that `check` cannot see is undecided, with its place and the reason. It never looks as if it had
//! passed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use sagewarden_policy::intake::{self, Intake, Unusable};
use serde_json::{Value, json};

fn taken(document: &Value) -> Intake {
    intake::read(&document.to_string()).unwrap()
}

/// A plan that changes resources of these types to these values, of which some are unknown.
fn plan(of: &str, after: Value, unknown: Value) -> Value {
    json!({ "format_version": "1.2", "resource_changes": [{
        "address": format!("{of}.x"), "mode": "managed", "type": of,
        "change": { "actions": ["create"], "after": after, "after_unknown": unknown },
    }] })
}

fn template(of: &str, properties: Value) -> Value {
    json!({ "Resources": { "R": { "Type": of, "Properties": properties } } })
}

fn machine(request: Value) -> Value {
    json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel", "Parameters": request, "End": true,
    } } })
}

fn model() -> Value {
    json!({ "ModelName": "m", "EnableNetworkIsolation": false })
}

/// Nothing is judged, and the one undecided part says where it is and why.
fn check(document: &Value, expect: &str) {
    let Intake { candidates, undecided, .. } = taken(document);
    assert!(candidates.is_empty(), "{document}");
    assert!(undecided.len() == 1 && undecided[0].starts_with(expect), "{undecided:?} of {document}");
}

const UNKNOWN: &str = "the definition of the state machine is not known yet";

#[test]
fn a_part_of_a_plan_that_is_known_after_apply_is_undecided() {
    let none = json!({});
    let all = |field: &str| json!({ field: true });
    check(
        &plan("aws_sfn_state_machine", json!({ "name": "p" }), all("definition")),
        &format!("aws_sfn_state_machine.x: definition: {UNKNOWN}"),
    );
    check(
        &plan("awscc_stepfunctions_state_machine", none.clone(), all("definition_string")),
        &format!("awscc_stepfunctions_state_machine.x: definition_string: {UNKNOWN}"),
    );
    let elsewhere = json!({ "definition_s3_location": { "bucket": "b", "key": "k" } });
    check(
        &plan("awscc_stepfunctions_state_machine", elsewhere, none.clone()),
        "awscc_stepfunctions_state_machine.x: definition_s3_location: ",
    );
    check(
        &plan("aws_sagemaker_pipeline", json!({ "pipeline_name": "p" }), all("pipeline_definition")),
        "aws_sagemaker_pipeline.x.pipeline_definition: the definition is not known yet",
    );
    check(
        &plan("aws_sagemaker_pipeline", json!({ "pipeline_definition": "{\"Steps\": 1}" }), none.clone()),
        "aws_sagemaker_pipeline.x.pipeline_definition: the definition has no list of `Steps`",
    );
    for of in ["aws_cloudformation_stack", "awscc_cloudformation_stack", "aws_cloudformation_stack_set"] {
        check(
            &plan(of, none.clone(), all("template_body")),
            &format!("{of}.x: template_body: the template of the stack is not known yet"),
        );
        check(
            &plan(of, json!({ "template_url": "https://b/t.json" }), none.clone()),
            &format!("{of}.x: template_url: "),
        );
        check(
            &plan(
                of,
                json!({ "template_body": "Resources: {M: {Type: AWS::SageMaker::Model}}" }),
                none.clone(),
            ),
            &format!("{of}.x: template_body: the template is not JSON"),
        );
    }
    check(
        &plan(
            "aws_cloudcontrolapi_resource",
            json!({ "type_name": "AWS::SageMaker::Model" }),
            all("desired_state"),
        ),
        "aws_cloudcontrolapi_resource.x: desired_state: the properties of the resource are not known yet",
    );
    check(
        &plan("aws_sagemaker_model", Value::Null, none.clone()),
        "aws_sagemaker_model.x: the plan does not show the values of the resource",
    );
    let deferred = plan("aws_sagemaker_model", none.clone(), none)["resource_changes"][0].clone();
    check(
        &json!({ "resource_changes": [], "deferred_changes": [{ "reason": "x", "resource_change": deferred }] }),
        "aws_sagemaker_model.x (deferred_changes[0]): Terraform plans it only after others are applied",
    );
    check(&json!({ "resource_changes": [], "errored": true }), "errored: planning failed");
}

#[test]
fn a_part_of_a_template_that_is_another_file_or_is_put_together_later_is_undecided() {
    let at = |field: &str, why: &str| format!("Resources.R.Properties.{field}: {why}");
    let sam = "AWS::Serverless::StateMachine";
    let machine_of = "AWS::StepFunctions::StateMachine";
    check(
        &template(sam, json!({ "DefinitionUri": "./m.asl.json" })),
        &at("DefinitionUri", "the definition of the state machine is in `./m.asl.json`"),
    );
    check(
        &template(sam, json!({ "DefinitionUri": { "Bucket": "b", "Key": "k" } })),
        &at("DefinitionUri", ""),
    );
    check(
        &template(machine_of, json!({ "DefinitionS3Location": { "Bucket": "b", "Key": "k" } })),
        &at("DefinitionS3Location", ""),
    );
    check(
        &template(machine_of, json!({ "DefinitionString": { "Ref": "Given" } })),
        &at("DefinitionString", UNKNOWN),
    );
    check(&template(machine_of, json!({})), &at("DefinitionString", UNKNOWN));
    check(
        &template(machine_of, json!({ "DefinitionString": { "Fn::Sub": "{\"States\": {${State}" } })),
        &at(
            "DefinitionString",
            "the definition of the state machine cannot be read before its substitutions are known",
        ),
    );
    for definition in [json!({ "StartAt": "A", "States": "${States}" }), json!({ "StartAt": "A" })] {
        check(&template(sam, json!({ "Definition": definition })), &at("Definition", "States: "));
    }
    check(
        &template(
            "AWS::SageMaker::Pipeline",
            json!({ "PipelineDefinition": { "PipelineDefinitionBody": { "Fn::Sub": "{\"Steps\": ${Steps}}" } } }),
        ),
        &at("PipelineDefinition.PipelineDefinitionBody", "")
            .replace(".PipelineDefinition.", ": PipelineDefinition."),
    );
    for of in ["AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"] {
        check(
            &template(of, json!({ "TemplateURL": "./net.yaml" })),
            &at("TemplateURL", "the template of the stack is `./net.yaml`"),
        );
        check(&template(of, json!({})), &at("TemplateURL", "the template of the stack is not known yet"));
    }
    check(
        &template("AWS::Serverless::Application", json!({ "Location": { "ApplicationId": "a" } })),
        &at("Location", ""),
    );
    check(&template("My::Org::Net::MODULE", json!({})), "Resources.R: the resources of the module");
    let include = json!({ "Name": "AWS::Include", "Parameters": { "Location": "s3://b/x" } });
    check(
        &json!({ "Resources": { "R": { "Type": "AWS::S3::Bucket" } }, "Transform": include }),
        "Transform: the macro `AWS::Include`",
    );
    check(
        &json!({ "Resources": { "R": { "Type": "AWS::S3::Bucket" }, "Fn::Transform": include } }),
        "Resources.Fn::Transform: its resources are in another file",
    );
    // A macro of the user's own changes what is there: where nothing of ours is, it is only noted.
    let with_macro = |of: &str| taken(&json!({ "Transform": "Mine", "Resources": { "R": { "Type": of } } }));
    assert_eq!(with_macro("AWS::SageMaker::Model").undecided.len(), 1);
    assert!(with_macro("AWS::S3::Bucket").undecided.is_empty());
    // None of these can hold anything of ours.
    for of in ["Custom::SageMaker", "AWS::Lambda::Function", "AWS::CloudFormation::WaitCondition"] {
        assert!(
            taken(&template(of, json!({ "ServiceToken": "x", "TrainingJobName": "t" }))).undecided.is_empty(),
            "{of}"
        );
    }
}

#[test]
fn a_task_whose_request_is_not_known_is_undecided_and_a_task_of_others_is_not() {
    let task = |resource: &str, more: Value| {
        let mut state = json!({ "Type": "Task", "Resource": resource, "End": true });
        state.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "StartAt": "T", "States": { "T": state } })
    };
    let own = "arn:aws:states:::sagemaker:createTrainingJob.sync";
    let request = json!({ "TrainingJobName.$": "$.name", "RoleArn": "r" });
    check(&task(own, json!({})), "States.T: the request is the input of the state");
    check(
        &task(own, json!({ "Arguments": "{% $states.input %}" })),
        "States.T.Arguments: the request is known only when the state runs",
    );
    check(&task(own, json!({ "Parameters": [] })), "States.T.Parameters: it is not an object");
    check(
        &task("${Call}", json!({ "Parameters": request })),
        "States.T.Resource: `${Call}` is not known yet",
    );
    check(&task("arn:aws:states:::sagemaker:${Call}", json!({})), "States.T.Resource: ");
    for other in [
        "${Function}",
        "arn:aws:lambda:eu-west-1:111122223333:function:f",
        "arn:aws:states:::sqs:sendMessage",
    ] {
        let request = json!({ "Payload": { "TrainingJobName": "t" } });
        let machine = template(
            "AWS::StepFunctions::StateMachine",
            json!({ "Definition": task(other, json!({ "Parameters": request })) }),
        );
        let machine = intake::read(&machine.to_string());
        assert!(machine.is_err() || machine.unwrap().undecided.is_empty(), "{other}");
    }
}

#[test]
fn what_a_plan_or_template_holds_in_a_text_is_judged_where_it_is_known() {
    let definition = machine(model()).to_string();
    let stack = template("AWS::SageMaker::Model", model());
    let given = json!({ "type_name": "AWS::SageMaker::Model", "desired_state": model().to_string() });
    let nested = json!({ "TemplateBody": stack.to_string() });
    for (document, place, path) in [
        (
            plan("aws_sfn_state_machine", json!({ "definition": definition }), json!({})),
            "aws_sfn_state_machine.x.definition.States.T",
            "resource_changes[0].change.after.definition.States.T.Parameters.EnableNetworkIsolation",
        ),
        (
            plan("aws_cloudformation_stack", json!({ "template_body": stack.to_string() }), json!({})),
            "aws_cloudformation_stack.x.template_body.Resources.R",
            "resource_changes[0].change.after.template_body.Resources.R.Properties.EnableNetworkIsolation",
        ),
        (
            plan("aws_cloudcontrolapi_resource", given, json!({})),
            "aws_cloudcontrolapi_resource.x",
            "resource_changes[0].change.after.desired_state.EnableNetworkIsolation",
        ),
        (
            template("AWS::CloudFormation::StackSet", nested),
            "Resources.R.Properties.TemplateBody.Resources.R",
            "Resources.R.Properties.TemplateBody.Resources.R.Properties.EnableNetworkIsolation",
        ),
    ] {
        let intake = taken(&document);
        assert_eq!(intake.candidates.len(), 1, "{document}: {intake:?}");
        let candidate = &intake.candidates[0];
        assert_eq!(candidate.place.as_deref(), Some(place));
        assert_eq!(candidate.path("EnableNetworkIsolation").as_deref(), Some(path));
        assert_eq!(candidate.document["EnableNetworkIsolation"], false);
    }
    // The step of a pipeline has its path in the plan's own words.
    let steps = json!({ "Steps": [{ "Name": "M", "Type": "Model", "Arguments": model() }] }).to_string();
    let intake = taken(&plan("aws_sagemaker_pipeline", json!({ "pipeline_definition": steps }), json!({})));
    assert_eq!(
        intake.candidates[0].path("VpcConfig").unwrap(),
        "resource_changes[0].change.after.pipeline_definition.Steps[0].Arguments.VpcConfig"
    );
}

#[test]
fn a_substitution_is_put_in_where_it_is_known_and_stays_open_elsewhere() {
    let request =
        json!({ "ExecutionRoleArn": "${Role}", "EnableNetworkIsolation": "${Open}", "ModelName": "${Name}" });
    let substitutions = json!({ "Role": "arn:aws:iam::111122223333:role/r", "Name": { "Ref": "Given" } });
    let text = "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sagemaker:createModel\",\
                \"Parameters\":{\"ExecutionRoleArn\":\"${Role}\",\"EnableNetworkIsolation\":${Open}}}}}";
    for definition in [json!({ "Definition": machine(request) }), json!({ "DefinitionString": text })] {
        let mut properties = definition;
        properties["DefinitionSubstitutions"] = substitutions.clone();
        let intake = taken(&template("AWS::StepFunctions::StateMachine", properties));
        let document = &intake.candidates[0].document;
        assert_eq!(document["ExecutionRoleArn"], "arn:aws:iam::111122223333:role/r");
        assert!(document["EnableNetworkIsolation"].is_object(), "{document}");
        assert_eq!(intake.candidates[0].resource.account, "111122223333");
    }
}

#[test]
fn a_state_as_terraform_stores_it_is_judged_and_its_language_is_named() {
    let resource = |instances: Value| json!({ "mode": "managed", "type": "aws_sagemaker_model", "name": "m", "module": "module.a", "instances": instances });
    let state =
        |resources: Value| json!({ "version": 4, "terraform_version": "1.9.0", "resources": resources });
    let attributes = json!({ "name": "m", "enable_network_isolation": false });
    let intake = taken(&state(json!([resource(json!([{ "index_key": "k", "attributes": attributes }]))])));
    assert_eq!(intake.candidates[0].place.as_deref(), Some("module.a.aws_sagemaker_model.m[\"k\"]"));
    assert_eq!(
        intake.candidates[0].path("EnableNetworkIsolation").unwrap(),
        "resources[0].instances[0].attributes.enable_network_isolation"
    );
    check(&state(json!([resource(json!([{}]))])), "module.a.aws_sagemaker_model.m: the plan does not show");
    for language in [
        json!({ "version": 3, "terraform_version": "0.11.0", "modules": [] }),
        json!({ "resource": { "aws_sagemaker_model": { "m": {} } } }),
        json!({ "resource": { "aws_sfn_state_machine": { "m": {} } } }),
    ] {
        assert_eq!(intake::read(&language.to_string()), Err(Unusable::Language));
    }
    assert_eq!(intake::read("{\"resource\": {\"aws_s3_bucket\": {}}}"), Err(Unusable::UnknownForm));
}
