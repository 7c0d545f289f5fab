//! The two spellings of a request: PascalCase in the API, lowerCamelCase in CloudTrail.

use serde_json::Value;

/// Keys whose contents have names that users chose.
const USERS_KEYS: [&str; 4] = ["HyperParameters", "Environment", "hyperParameters", "environment"];

/// A request as CloudTrail writes it, in the API's spelling.
#[must_use]
pub fn to_api_case(value: &Value) -> Value {
    rename(value, char::to_ascii_uppercase)
}

/// A request in the API's spelling, as CloudTrail writes it.
#[must_use]
pub fn to_trail_case(value: &Value) -> Value {
    rename(value, char::to_ascii_lowercase)
}

/// A field's name as CloudTrail and the events of pipelines spell it.
#[must_use]
pub fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|head| head.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn rename(value: &Value, first: fn(&char) -> char) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| {
                    let is_users = USERS_KEYS.contains(&key.as_str());
                    let value = if is_users { value.clone() } else { rename(value, first) };
                    let mut chars = key.chars();
                    let key = chars.next().map(|head| first(&head).to_string() + chars.as_str());
                    (key.unwrap_or_default(), value)
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(|value| rename(value, first)).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_survives_cloudtrail_and_comes_back() {
        let request = json!({
            "TrainingJobName": "t",
            "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
            "HyperParameters": { "Max_Depth": "5", "eta": "0.2" },
            "InputDataConfig": [{ "ChannelName": "train" }],
        });
        let trail = to_trail_case(&request);
        assert_eq!(trail["vpcConfig"]["securityGroupIds"][0], "sg-1");
        assert_eq!(trail["hyperParameters"]["Max_Depth"], "5");
        assert_eq!(to_api_case(&trail), request);
    }
}
