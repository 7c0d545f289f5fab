//! Scans that meet another region, refused credentials, an impatient user, and resources that are gone.

use std::process::Command;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_the_scan_of_one_region() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    scanner.scan(&["--no-data", "--kinds", "model"])?;
    let before = scanner.file("resources.jsonl")?;
    for more in [vec![], vec!["--resume"]] {
        let own = ["scan", "--region", "us-east-1", "--endpoint-url", &scanner.url, "--out", "out"];
        let other = scanner.run(&[own.as_slice(), &more].concat())?;
        assert_eq!(other.status.code(), Some(2), "{}", said(&other));
        assert!(
            said(&other).contains("`out` holds a scan of eu-west-1: name another folder with --out"),
            "{}",
            said(&other)
        );
    }
    assert_eq!(scanner.file("resources.jsonl")?, before);
    let wrong = scanner.run(&["scan", "--region", REGION, "--endpoint-url", "notaurl"])?;
    assert!(said(&wrong).contains("write it as https://HOST"), "{}", said(&wrong));
    // What a wrong `--resume` says works.
    let own = [
        "scan",
        "--region",
        REGION,
        "--endpoint-url",
        &scanner.url,
        "--kinds",
        "endpoint",
        "--no-data",
        "--out",
        "new",
    ];
    let wrong = scanner.run(&[own.as_slice(), &["--resume"]].concat())?;
    assert!(said(&wrong).contains("leave out --resume"), "{}", said(&wrong));
    assert_ne!(scanner.run(&own)?.status.code(), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_end_a_scan_and_an_estimate_at_once() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    for more in [["--kinds", "model"].as_slice(), &["--kinds", "model", "--dry-run"]] {
        for _ in 0..4 {
            simulator.refuse_next_with("SageMaker.Search", "ExpiredTokenException");
            simulator.refuse_next_with("SageMaker.ListModels", "ExpiredTokenException");
        }
        let output = scanner.scan(more)?;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("error: AWS does not accept the credentials"), "{}", said(&output));
        simulator.forgive();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_at_the_next_scan_has_no_open_finding() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let mut open = model("open-model");
    open["VpcConfig"] = Value::Null;
    let made =
        account.create(ResourceKind::Model, &open, None, Timestamp::from_millis(now().millis() - 60_000))?;
    let simulator = Simulator::start(account.clone(), LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    let findings = || -> Result<String> {
        scanner.scan(&["--no-data", "--kinds", "model"])?;
        Ok(said(&scanner.run(&["list", "findings", "--kind", "model", "--store", "out/sagewarden.db"])?))
    };
    assert!(findings()?.contains("open-model"));
    account.delete(&made, now())?;
    let after = findings()?;
    assert!(!after.contains("open-model"), "{after}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_a_scan_keeps_what_it_found() -> Result<()> {
    let (account, git) = (account()?, TempDir::new()?);
    let simulator = Simulator::start(account, LocalGit::new(git.path())?).await?;
    let scanner = Scanner::new(&simulator.url())?;
    let child = scanner
        .scanning("10", &["--no-data", "--kinds", "endpoint,training-job"])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    while simulator.calls("SageMaker.DescribeTrainingJob").is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let output = child.wait_with_output()?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("continue it with --resume"), "{}", said(&output));
    assert!(scanner.file("report.html")?.contains("you ended it"), "{}", said(&output));
    assert!(scanner.file("resources.jsonl")?.contains("endpoint/prod"));
    let whole = scanner.scan(&["--no-data", "--kinds", "endpoint,training-job", "--resume"])?;
    assert_eq!(scanner.failed()?.keys().collect::<Vec<_>>(), ["ended", "open"], "{}", said(&whole));
    Ok(())
}
