//! Redacts the addresses in texts that are outside a scope.

use super::{OUTSIDE, Scope};

fn redacted(text: &str) -> String {
    "credit-*,team/credit".parse::<Scope>().unwrap().redact(text)
}

#[test]
fn an_address_outside_is_found_in_whichever_form_it_is_written_and_one_inside_is_left() {
    for (text, is_whole) in [
        ("S3://churn-lake/x", true),
        ("s3a://churn-lake/x", true),
        ("S3N://churn-lake/x", true),
        (r"s3:\/\/churn-lake\/x", true),
        (r"s3:\\/\\/churn-lake\\/x", true),
        (r"s3:\u002f\u002Fchurn-lake/x", true),
        (r"\u00733://churn-lake/x", true),
        (r"s3\u003a//churn-lake/x", true),
        ("ARN:aws:s3:::churn-lake/x", true),
        ("churn-lake.s3.eu-west-1.amazonaws.com/x", true),
        ("churn-lake.s3-eu-west-1.amazonaws.com", true),
        ("churn-lake.S3.dualstack.eu-west-1.amazonaws.com.cn/x", true),
        ("churn.s3.lake.s3.amazonaws.com:443/x", true),
        ("s3.eu-west-1.amazonaws.com/churn-lake/x", true),
        (r"s3.eu-west-1.amazonaws.com\/churn-lake\/x", true),
        ("s3.amazonaws.com/churn-lake?list-type=2", true),
        ("https://churn-lake.s3.eu-west-1.amazonaws.com/x", false),
        ("https://s3.eu-west-1.amazonaws.com:443/churn-lake/x", false),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/churn/train:1", false),
        ("1.DKR.ECR.eu-west-1.amazonaws.com/churn@sha256:0a", false),
        ("1.dkr.ecr-fips.us-east-1.amazonaws.com/churn", false),
        ("1.dkr-ecr.eu-west-1.on.aws/churn", false),
        (r"1.dkr.ecr.eu-west-1.amazonaws.com\/churn", false),
        ("arn:aws:ecr:eu-west-1:1:repository/churn", true),
        ("arn:aws-cn:codecommit:cn-north-1:1:churn", true),
        ("codecommit::eu-west-1://churn", true),
        ("codecommit://profile@churn", true),
        ("ssh://KEY@git-codecommit.eu-west-1.amazonaws.com/v1/repos/churn", false),
    ] {
        let shown = redacted(text);
        assert!(shown.ends_with(OUTSIDE) && !shown.contains("churn"), "{text}: {shown}");
        assert!(!is_whole || shown == OUTSIDE, "{text}: {shown}");
        let own = text.replace("churn/train", "team/credit").replace("churn-lake", "credit-lake");
        let own = own.replace("churn", "credit-x");
        assert_eq!(redacted(&own), own);
    }
}

#[test]
fn what_is_no_address_is_left() {
    for text in [
        "s3: a service",
        "s3:/churn",
        "amazonaws.com",
        "https://s3.eu-west-1.amazonaws.com",
        "https://sagemaker.eu-west-1.amazonaws.com/churn",
        r"a\b \\ s3:\\",
        "ärn:aws:s3:::churn é",
    ] {
        assert_eq!(redacted(text), text);
    }
}

/// Code that reads to the end of the text at each address would take minutes for each of these.
#[test]
fn a_text_is_read_once_however_many_addresses_begin_in_it() {
    let long = |words: &str| words.repeat(300_000 / words.len());
    let shorter = |words: &str| words.repeat(30_000 / words.len());
    assert_eq!(redacted(&long("s3://a ")).matches(OUTSIDE).count(), 300_000 / 7);
    assert_eq!(redacted(&shorter("s3://")).matches(OUTSIDE).count(), 6_000);
    assert_eq!(redacted(&long("\\")), long("\\"));
    for words in
        ["s3:", "arn:", "arn:aws:s3:::credit-x ", ".dkr.ecr.", "a.s3.amazonaws.com/", "git-codecommit."]
    {
        assert!(!redacted(&shorter(words)).is_empty(), "{words}");
    }
    for words in ["a.", ".amazonaws.com", "s3.", "\u{e9}"] {
        assert_eq!(redacted(&shorter(words)), shorter(words));
    }
}
