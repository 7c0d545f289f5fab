//! How large the policies of the roles are: IAM refuses a role whose inline policies have more characters, and the deployment fails.

use sagewarden_tests::resolved::{Names, Resolver};
use sagewarden_tests::template::{TEMPLATE, list, resources};
use serde_json::{Value, json};

/// The inline policies of a role together may have so many characters, and IAM does not count white space ("IAM and AWS STS quotas", IAM
/// user guide).
const MOST: usize = 10_240;
const ACCOUNT: &str = "111122223333";

/// A deployment: what its names and parameters add to the policies.
struct Site {
    partition: &'static str,
    region: &'static str,
    stack: &'static str,
    bucket: &'static str,
    data_accounts: usize,
}

/// The names in the template, as AWS would make them. Every name that CloudFormation makes up has the stack's name in it.
fn names(site: &Site) -> Names {
    let Site { partition, region, stack, bucket, data_accounts } = *site;
    let accounts = vec![ACCOUNT; data_accounts].join(",");
    let known = [
        ("AWS::Partition", partition),
        ("AWS::Region", region),
        ("AWS::AccountId", ACCOUNT),
        ("AWS::StackName", stack),
        ("DataBuckets", "*"),
        ("DataAccounts", accounts.as_str()),
        ("BundleBucket", bucket),
        ("BundlePrefix", "sagewarden/"),
        ("ReportBucket", bucket),
    ];
    let mut names: Names = known.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    for (id, resource) in TEMPLATE["Resources"].as_object().into_iter().flatten() {
        let name = format!("{stack}-{id}-1A2B3C4D5E6F7");
        let place = format!("arn:{partition}:service:{region}:{ACCOUNT}");
        let arn = match resource["Type"].as_str().unwrap_or_default() {
            "AWS::S3::Bucket" => {
                format!("arn:{partition}:s3:::{}", name.chars().take(63).collect::<String>())
            }
            "AWS::KMS::Key" => format!("{place}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            "AWS::Logs::LogGroup" => format!("{place}:log-group:/aws/lambda/{stack}-lookup-lineage:*"),
            _ => format!("{place}:event-bus/{name}"),
        };
        names.insert(id.clone(), json!(name));
        names.insert(format!("{id}.Arn"), json!(arn));
    }
    names
}

/// The characters of the inline policies of a role that IAM counts, with every condition of the template.
fn characters(role: &Value, site: &Site) -> usize {
    let holds = TEMPLATE["Conditions"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let resolver = Resolver { names: names(site), holds: holds.collect(), stored: Default::default() };
    let policies = resolver.resolve(&role["Policies"]).unwrap_or_default();
    let documents = list(&policies).into_iter().map(|policy| policy["PolicyDocument"].to_string());
    documents
        .map(|text| {
            assert!(!text.contains("unknown"), "{text}");
            text.chars().filter(|each| !each.is_whitespace()).count()
        })
        .sum()
}

#[test]
fn iam_takes_the_inline_policies_of_every_role_with_everything_on() {
    let ordinary = Site {
        partition: "aws",
        region: "eu-west-1",
        stack: "sagewarden",
        bucket: "governance",
        data_accounts: 1,
    };
    let large = Site {
        partition: "aws-us-gov",
        region: "us-gov-west-1",
        stack: "sagewarden-for-the-credit-risk-teams-prod",
        bucket: "sagewarden-governance-of-the-credit-risk-teams-111122223333-prod",
        data_accounts: 20,
    };
    let sizes = |site: &Site| -> Vec<(&str, usize)> {
        resources("AWS::IAM::Role").into_iter().map(|(name, role)| (name, characters(role, site))).collect()
    };
    let found = sizes(&ordinary);
    let of = |wanted: &str| found.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, size)| *size);
    // The two that judge have the longest ones. Less would mean that this test leaves something out.
    assert!(of("EnforcePolicyRole") > 7_000 && of("ReconcileRole") > 6_000, "{found:?}");
    for site in [ordinary, large] {
        let found = sizes(&site);
        assert!(found.iter().all(|(_, size)| *size <= MOST), "{}: {found:?}", site.stack);
    }
}
