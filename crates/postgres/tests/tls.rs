//! With a server that is not on loopback nothing is spoken but TLS, and only when its certificate is for its name, in its time, and issued by
//! a trusted root. The server is real; a TLS end in front of it shows the certificates that the tests mint, and where PostgreSQL can, it shows
//! them itself.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use starlift_failure::{Failure, FailureKind};
use starlift_postgres::{ConnectionSecret, SessionOptions, connect, connect_trusting};
use starlift_testkit::tls::{Authority, Identity, TlsEnd, Validity};
use starlift_testkit::{Cluster, Options};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What the secret says; the test resolves the host by itself, as the near end of a tunnel does.
const HOST: &str = "warehouse.starlift.test";
const PASSWORD: &str = "hunter2";

fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../certs/rds-global-bundle.pem")
}

fn secret(port: u16) -> ConnectionSecret {
    let document = json!({"host": HOST, "hostaddr": Ipv4Addr::LOCALHOST, "port": port, "username": "postgres",
                          "password": PASSWORD, "dbname": "postgres"});
    ConnectionSecret::parse("Project", &document.to_string()).expect("a secret")
}

fn options() -> SessionOptions {
    let minute = Duration::from_secs(60);
    SessionOptions {
        application_name: "starlift/test".to_owned(),
        read_only: true,
        statement_timeout: minute,
        idle_in_transaction_timeout: minute,
        lock_timeout: minute,
    }
}

/// A server with a password, and an authority whose certificate lies in a file.
struct World {
    server: Cluster,
    authority: Authority,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let server = Cluster::start(Options { password: Some(PASSWORD.to_owned()), ..Options::default() })?;
        let world = Self { server, authority: Authority::new("Roots of a test")?, folder: tempfile::tempdir()? };
        world.authority.write_to(&world.roots())?;
        Ok(world)
    }

    fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// What comes of connecting, with these roots, to the server when it has this identity: the role that it answers with.
    async fn role(&self, roots: &Path, identity: Identity) -> Result<String, Failure> {
        let end = TlsEnd::before(self.server.port(), identity).await.expect("a TLS end");
        let session = connect_trusting(roots, &secret(end.port()), &options()).await?;
        Ok(session.client.query_one("select current_user::text", &[]).await.expect("an answer").get(0))
    }
}

/// Fails unless this is a refusal for this reason that tells nothing of the secret but the server's address.
fn assert_refused<T>(outcome: Result<T, impl Into<Failure>>, reason: &str) {
    let failure: Failure = outcome.err().expect(reason).into();
    assert_eq!(failure.kind, FailureKind::Denied, "{failure}");
    assert!(failure.message.contains(reason) && failure.message.contains(HOST), "{reason}: {failure}");
    assert!(!failure.message.contains(PASSWORD) && !failure.message.contains("user"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_the_servers_name_by_a_trusted_root_is_accepted_and_every_other_refused_with_its_fault()
-> Outcome {
    let world = World::new()?;
    let (trusted, roots) = (&world.authority, world.roots());
    let role = world.role(&roots, trusted.issue(HOST, Validity::Now)?).await?;
    assert_eq!(role, "postgres");

    let (stranger, namesake) = (Authority::new("Somebody else")?, Authority::new("Roots of a test")?);
    let thief = stranger.issue(HOST, Validity::Now)?;
    let refused = [
        (stranger.issue(HOST, Validity::Now)?, "issued by none of the trusted roots"),
        (trusted.issue(HOST, Validity::Past)?, "has expired"),
        (trusted.issue(HOST, Validity::Future)?, "is not valid yet"),
        (trusted.issue("source.starlift.test", Validity::Now)?, "is not for the host of the secret"),
        (trusted.issue("127.0.0.1", Validity::Now)?, "is not for the host of the secret"),
        (trusted.issue(HOST, Validity::Now)?.stolen_by(thief), "is forged, or not its own"),
        (namesake.issue(HOST, Validity::Now)?, "is forged, or not its own"),
    ];
    for (identity, reason) in refused {
        assert_refused(world.role(&roots, identity).await, reason);
    }
    Ok(())
}

/// The server's own TLS, with the binding of the password to the channel that it offers, and the TLS end does not.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_itself_is_accepted_and_refused_by_its_certificate() -> Outcome {
    let world = World::new()?;
    let (trusted, roots) = (&world.authority, world.roots());
    let Some(server) = Cluster::with_tls(&trusted.issue(HOST, Validity::Now)?, PASSWORD)? else {
        // Past the harness, which shows what a test prints only when it fails.
        writeln!(
            std::io::stderr(),
            "PostgreSQL's own TLS was not tried: Debian's package postgresql is not installed"
        )?;
        return Ok(());
    };
    let session = connect_trusting(&roots, &secret(server.port()), &options()).await?;
    let is_encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    assert!(session.client.query_one(is_encrypted, &[]).await?.get::<_, bool>(0));

    let refused = [
        (Authority::new("Somebody else")?.issue(HOST, Validity::Now)?, "issued by none of the trusted roots"),
        (trusted.issue(HOST, Validity::Past)?, "has expired"),
        (trusted.issue("source.starlift.test", Validity::Now)?, "is not for the host of the secret"),
    ];
    for (identity, reason) in refused {
        let other = Cluster::with_tls(&identity, PASSWORD)?.ok_or("Debian's PostgreSQL is gone")?;
        assert_refused(connect_trusting(&roots, &secret(other.port()), &options()).await, reason);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_told_nothing_and_refused() -> Outcome {
    let world = World::new()?;
    let refusal = "offers no TLS";
    assert_refused(connect_trusting(&world.roots(), &secret(world.server.port()), &options()).await, refusal);

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    let heard = std::thread::spawn(move || -> std::io::Result<Vec<u8>> {
        let (mut client, mut heard) = (listener.accept()?.0, vec![0; 8]);
        client.read_exact(&mut heard)?;
        client.write_all(b"N")?;
        client.read_to_end(&mut heard)?;
        Ok(heard)
    });
    assert_refused(connect_trusting(&world.roots(), &secret(port), &options()).await, refusal);
    // The request for TLS, and no byte more.
    assert_eq!(heard.join().expect("a listener")?, [0, 0, 0, 8, 4, 210, 22, 47]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_the_roots_of_rds_are_trusted_and_no_others() -> Outcome {
    let world = World::new()?;
    let reason = "issued by none of the trusted roots";
    assert_refused(world.role(&bundle(), world.authority.issue(HOST, Validity::Now)?).await, reason);
    let end = TlsEnd::before(world.server.port(), world.authority.issue(HOST, Validity::Now)?).await?;
    assert_refused(connect(&secret(end.port()), &options()).await, reason);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_iam_is_the_password_over_tls_and_is_sent_nowhere_else() -> Outcome {
    let world = World::new()?;
    // As long as one that is signed with a session's credentials.
    let token = format!("{HOST}:5432/?Action=connect&DBUser=load&X-Amz-Signature={}", "7f".repeat(600));
    let superuser = starlift_testkit::postgres::connect(&world.server.url("postgres")).await?;
    superuser.batch_execute(&format!("create role load login password '{token}'")).await?;

    let end = TlsEnd::before(world.server.port(), world.authority.issue(HOST, Validity::Now)?).await?;
    let mut secret = secret(end.port());
    (secret.username, secret.password, secret.iam) = ("load".to_owned(), token.clone(), true);
    let session = connect_trusting(&world.roots(), &secret, &options()).await?;
    assert_eq!(session.client.query_one("select current_user::text", &[]).await?.get::<_, String>(0), "load");

    // By plain text it would be let in.
    (secret.host, secret.port) = ("localhost".to_owned(), world.server.port());
    let failure = Failure::from(connect(&secret, &options()).await.expect_err("there is no TLS on loopback"));
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(failure.message.contains("over TLS only") && !failure.message.contains("X-Amz"), "{failure}");
    Ok(())
}
