//! ARNs, and what a field expects one to name.

/// The parts of `arn:<partition>:<service>:<region>:<account>:<name>` ("Amazon Resource Names", AWS general reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    /// With its type: `endpoint/credit`.
    pub(crate) name: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            ["arn", partition, service, region, account, name] => {
                Some(Self { partition, service, region, account, name })
            }
            _ => None,
        }
    }

    /// Twelve digits; anything else names no account.
    pub(crate) fn account(&self) -> Option<&'a str> {
        is_account(self.account).then_some(self.account)
    }
}

/// Whether a text is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an ARN in a field must name: any other ARN there leads elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A secret of Secrets Manager.
    Secret,
    /// A topic of SNS.
    Topic,
    /// A private team that labels.
    PrivateTeam,
    /// What a router sends requests to.
    Destination,
    /// A group of the model registry; a plain name is the account's own.
    PackageGroup,
}

impl Named {
    /// Whether an ARN is of this sort.
    pub(crate) fn fits(self, arn: &Arn<'_>) -> bool {
        let is = |service: &str, types: &[&str]| {
            arn.service == service && types.iter().any(|head| arn.name.starts_with(head))
        };
        match self {
            Self::Secret => is("secretsmanager", &["secret:"]),
            Self::Topic => is("sns", &[""]) && !arn.name.is_empty() && !arn.name.contains([':', '/']),
            // Teams of vendors and of the public have other words in the place of `private-crowd` ("Using Amazon Mechanical Turk",
            // "Managing Vendor Workforces", SageMaker developer guide).
            Self::PrivateTeam => is("sagemaker", &["workteam/private-crowd/"]),
            Self::Destination => is("sagemaker", &["endpoint/", "inference-component/"]),
            Self::PackageGroup => is("sagemaker", &["model-package-group/"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts() {
        let arn = Arn::parse("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/a:b").unwrap();
        assert_eq!(
            (arn.service, arn.name, arn.account()),
            ("sagemaker", "endpoint/a:b", Some("111122223333"))
        );
        for text in ["endpoint/a", "arn:aws:sns:eu-west-1:111122223333", "ARN:aws:sns:eu-west-1:1:t", ""] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
        assert_eq!(Arn::parse("arn:aws:sns:eu-west-1:aws:t").unwrap().account(), None);
    }

    #[test]
    fn a_field_takes_one_sort_of_arn() {
        let all = [Named::Secret, Named::Topic, Named::PrivateTeam, Named::Destination, Named::PackageGroup];
        for (rest, expect) in [
            ("secretsmanager:r:1:secret:a-1", Some(Named::Secret)),
            ("sns:r:1:t", Some(Named::Topic)),
            ("sns:r:1:t:0a1b", None),
            ("sqs:r:1:t", None),
            ("sagemaker:r:1:workteam/private-crowd/t", Some(Named::PrivateTeam)),
            ("sagemaker:r:1:workteam/public-crowd/default", None),
            ("sagemaker:r:1:endpoint/e", Some(Named::Destination)),
            ("sagemaker:r:1:inference-component/c", Some(Named::Destination)),
            ("sagemaker:r:1:endpoint-config/e", None),
            ("sagemaker:r:1:model/m", None),
            ("lambda:r:1:function:f", None),
            ("sagemaker:r:1:model-package-group/g", Some(Named::PackageGroup)),
        ] {
            let text = format!("arn:aws:{rest}");
            let arn = Arn::parse(&text).unwrap();
            let found: Vec<Named> = all.into_iter().filter(|named| named.fits(&arn)).collect();
            assert_eq!(found, expect.into_iter().collect::<Vec<_>>(), "{rest}");
        }
    }
}
