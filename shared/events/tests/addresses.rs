//! Addresses within texts: where they stand, and what they name.

use sagewarden_events::address::{NameIn, addresses, plain, repository_of};

/// The addresses in a text, as they are named.
fn found(text: &str) -> Vec<String> {
    let named = |address: String| match NameIn::by(&address) {
        NameIn::Nothing => "nothing".to_owned(),
        NameIn::Name(name) => format!("name {name}"),
        NameIn::Bucket(bucket) => format!("bucket {bucket}"),
    };
    addresses(text).into_iter().map(|place| named(plain(text.get(place).unwrap_or_default()))).collect()
}

#[test]
fn every_form_of_an_address_names_what_it_leads_to() {
    for (text, expect) in [
        ("s3://bucket/key", "bucket bucket"),
        ("S3A://Bucket/key", "bucket bucket"),
        ("s3:\\/\\/bucket\\/key", "bucket bucket"),
        ("arn:aws:s3:::bucket/key", "bucket bucket"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/point", "name accesspoint"),
        ("arn:aws:sagemaker:eu-west-1:111122223333:model/m", "name m"),
        ("arn:aws:codecommit:eu-west-1:111122223333:code", "name code"),
        ("arn:aws:ecr:eu-west-1:111122223333:repository/team/image", "name team/image"),
        ("arn:aws:iam::111122223333:role/r", "nothing"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/image:1", "name team/image"),
        ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/code", "name code"),
        ("codecommit::eu-west-1://profile@code", "name code"),
        ("codecommit://code", "name code"),
        ("https://bucket.s3.eu-west-1.amazonaws.com/key", "bucket bucket"),
        ("https://s3.eu-west-1.amazonaws.com/bucket/key", "bucket bucket"),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/key", "bucket bucket"),
        ("https://s3.eu-west-1.amazonaws.com", "nothing"),
    ] {
        assert_eq!(found(text), [expect], "{text}");
    }
}

#[test]
fn addresses_are_told_from_each_other_and_from_what_only_looks_like_one() {
    assert_eq!(found("s3://a/k,s3://b/k"), ["bucket a", "bucket b"]);
    assert_eq!(found("--in s3://a/k --out=s3://b"), ["bucket a", "bucket b"]);
    assert_eq!(found("{\"a\":\"s3://a/s3://b\"}"), ["bucket a", "bucket b"]);
    assert_eq!(found("to:arn:aws:s3:::a"), ["bucket a"]);
    assert_eq!(found("codecommit:/code"), Vec::<String>::new());
    for text in ["", "warn:aws:s3:::bucket", "s3:/bucket", "https://example.com/s3", "bucket/key", "\\"] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn an_image_is_in_a_repository() {
    for (image, expect) in [
        ("registry/team/image:1", Some("team/image")),
        ("registry/image@sha256:0a", Some("image")),
        ("registry/image", Some("image")),
        ("image", None),
    ] {
        assert_eq!(repository_of(image), expect, "{image}");
    }
}

#[test]
fn only_a_bucket_is_one() {
    assert_eq!(NameIn::Bucket("b").bucket(), Some("b"));
    assert_eq!(NameIn::Name("b").bucket(), None);
    assert_eq!(NameIn::Nothing.bucket(), None);
}
