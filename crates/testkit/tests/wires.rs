//! Wires and gateways do to a connection what a test plans, and nothing else.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use starlift_testkit::shim::Clocks;
use starlift_testkit::{Gateway, Outage, When, Wire, cluster, local_aws, postgres};
use tokio_postgres::Client;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A table, a wire to its database and a connection by it.
async fn wired() -> Result<(starlift_testkit::Database, Wire, Client), Box<dyn std::error::Error>> {
    let database = cluster().create_database("wired").await?;
    database.connect().await?.batch_execute("create table kept (n int)").await?;
    let wire = Wire::to(database.cluster().port()).await?;
    let url = database.url().replace(&format!(":{}", database.cluster().port()), &format!(":{}", wire.port()));
    let client = postgres::connect(&url).await?;
    Ok((database, wire, client))
}

async fn kept(database: &starlift_testkit::Database) -> Result<i64, Box<dyn std::error::Error>> {
    Ok(database.connect().await?.query_one("select count(*) from kept", &[]).await?.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_is_cut_before_its_byte_or_its_word_and_only_once() -> Outcome {
    for when in [When::Received(10_000), When::Said("repeat")] {
        let (database, wire, client) = wired().await?;
        wire.cut(when);
        assert!(!wire.has_struck());
        client.batch_execute("insert into kept values (1)").await?;
        let cut = client.query("insert into kept values (2) returning repeat('x', 20000)", &[]).await;
        assert!(cut.is_err_and(|error| error.is_closed() || error.as_db_error().is_none()), "the wire is whole");
        assert!(wire.has_struck());
        let url = database.url().replace(&format!(":{}", database.cluster().port()), &format!(":{}", wire.port()));
        postgres::connect(&url).await?.query("select repeat('x', 20000)", &[]).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_answer_answers_is_done() -> Outcome {
    let (database, wire, client) = wired().await?;
    wire.lose_answer("insert");
    client.batch_execute("insert into kept values (1)").await.expect_err("the answer is lost");
    assert_eq!(kept(&database).await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_goes_on_when_it_is_let() -> Outcome {
    let (database, wire, client) = wired().await?;
    let mut held = wire.hold(When::Said("insert"));
    let inserting = tokio::spawn(async move { client.batch_execute("insert into kept values (1)").await });
    held.reached().await?;
    assert_eq!(kept(&database).await?, 0);
    drop(held);
    inserting.await??;
    assert_eq!(kept(&database).await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_s3_fails_as_it_is_planned_and_is_there_only_where_s3_heard_of_it() -> Outcome {
    let gateway = Gateway::to(local_aws().port()).await?;
    let account = local_aws().account();
    let straight = account.s3().await;
    straight
        .create_bucket()
        .bucket("gateway")
        .create_bucket_configuration(
            aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("eu-west-2".into()).build(),
        )
        .send()
        .await?;
    let config = aws_sdk_s3::config::Builder::from(&account.config().await);
    let config = config.endpoint_url(gateway.endpoint()).retry_config(RetryConfig::disabled()).force_path_style(true);
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let outages = [
        (Outage::Refused(503, "SlowDown"), false),
        (Outage::TornRequest, false),
        (Outage::TornAnswer, true),
        (Outage::LostAnswer, true),
    ];
    for (outage, is_there) in outages {
        let key = format!("{outage:?}");
        gateway.fail("PUT", "/gateway/", outage, 1);
        let put = client.put_object().bucket("gateway").key(&key).body(ByteStream::from(vec![7; 100_000])).send().await;
        assert_eq!(put.is_ok(), outage == Outage::TornAnswer, "{outage:?}: an answer without a body cannot be torn");
        let there = straight.head_object().bucket("gateway").key(&key).send().await.is_ok();
        assert_eq!(there, is_there, "{outage:?}");
    }
    gateway.fail("GET", "/gateway/", Outage::TornAnswer, 1);
    let got = client.get_object().bucket("gateway").key("LostAnswer").send().await?;
    assert!(got.body.collect().await.is_err(), "the answer is whole");
    assert_eq!(gateway.mend(), Vec::<String>::new());
    assert_eq!(gateway.requests().len(), 5);
    Ok(())
}

#[test]
fn a_shim_moves_the_clock_of_a_program() -> Outcome {
    let clocks = Clocks::new()?;
    clocks.set("server", -86_400)?;
    let mut date = std::process::Command::new("date");
    let printed = date.arg("+%s").envs(clocks.environment()).output()?;
    let seen: u64 = String::from_utf8(printed.stdout)?.trim().parse()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    assert!((86_300..86_500).contains(&(now - seen)), "{} seconds", now - seen);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_one_to_postgresql_and_what_was_there_is_still_there() -> Outcome {
    let options = starlift_testkit::Options { can_fill: true, ..Default::default() };
    let small = starlift_testkit::Cluster::start(options)?;
    let database = small.create_database("small").await?;
    let client = database.connect().await?;
    client.batch_execute("create table kept as select 1 as n").await?;
    small.fill_disk()?;
    let refused =
        client.batch_execute("insert into kept select generate_series(1, 100000)").await.expect_err("it is full");
    assert_eq!(refused.code().map(|code| code.code()), Some("53100"), "{refused:?}");
    assert_eq!(kept(&database).await?, 1);
    small.free_disk()?;
    client.batch_execute("insert into kept select generate_series(1, 100000)").await?;
    Ok(())
}
