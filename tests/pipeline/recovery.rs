//! Failures that stay for some runs, and failed runs that go on long after.

use crate::fragile::Fragile;
use crate::support::Outcome;

/// Statement 27.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_a_step_failed_run_after_run_arrives_once_when_it_no_longer_does() -> Outcome {
    let fragile = Fragile::lifted().await?;
    for point in ["ingest.before_manifest", "transform.before_manifest", "load.before_ledger"] {
        let before = fragile.history().await?;
        fragile.fail_at(point, "internal always")?;
        for _ in 0..3 {
            fragile.change().await?;
            let failed = fragile.stack.run().await?;
            assert!(failed.message().contains(point), "{}", failed.message());
            assert_eq!(fragile.history().await?, before, "a failed run published something");
        }
        fragile.mend();
        fragile.stack.run().await?.succeeded()?;
        // Three sales with their payments, the last of three corrections, and three deleted payments.
        fragile.is_whole(before, 3 + 3 + 1, 1 + 3).await?;
        fragile.is_quiet().await?;
    }
    fragile.is_written_once()
}

/// Statement 28: whichever step had failed, and also when it had published before it did.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_that_is_redriven_after_two_later_ones_puts_nothing_back_and_doubles_nothing() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let points = [
        ("begin.reply", "published"),
        ("ingest.before_manifest", "published"),
        ("ingest.manifest_written", "superseded"),
        ("transform.rows_written", "superseded"),
        ("load.before_commit", "superseded"),
        ("load.committed", "published"),
    ];
    for (point, outcome) in points {
        let before = fragile.history().await?;
        fragile.change().await?;
        fragile.fail_at(point, "internal always")?;
        let failed = fragile.stack.run().await?;
        assert!(failed.message().contains(point), "{}", failed.message());
        fragile.mend();
        fragile.stack.run().await?.succeeded()?;
        fragile.change().await?;
        fragile.stack.run().await?.succeeded()?;
        fragile.is_whole(before, 6, 4).await?;

        let late = fragile.stack.redrive(&failed.arn).await?.succeeded()?;
        assert_eq!(late.outputs("Load").last().ok_or("Load answered")?["outcome"], outcome, "{point}");
        fragile.is_whole(before, 6, 4).await?;
        fragile.is_quiet().await?;
    }
    fragile.is_written_once()
}
