//! The functions may do what they need and nothing else. With the policies that are deployed on AWS (`terraform/policies`) enforced, the
//! whole pipeline passes; and without any one statement of a function's policy, a step that has it to thank is denied.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use starlift_testkit::aws::{answer, invocation};
use starlift_testkit::local_aws::{Behaviour, LocalAws};
use starlift_testkit::provision::FUNCTIONS;
use starlift_testkit::{Blueprint, Stack, logins, workspace};

use crate::support::{ONE_DELETION, ONE_ROW_HELD, ONE_SALE, Outcome, generated, number};

/// Statements that no step on local AWS can miss, by the templates that they are in, and why.
const NOT_SHOWN: [(&[&str], &str, &str); 16] = [
    (&["ingest", "load"], "JoinNetwork", "functions of local AWS are in no network"),
    (&["ingest", "load"], "KeepNetworkFromCode", "it takes away what only AWS itself uses"),
    (&["ingest", "transform", "load", "state_machine"], "Trace", "local AWS records no traces"),
    (&["ingest", "transform", "load", "scheduler"], "UseKey", "local AWS encrypts nothing"),
    (&["ingest", "transform", "load"], "WriteLogs", "local AWS writes a function's log itself"),
    (&["bucket"], "RefusePlaintext", "local S3 speaks nothing else"),
    (&["connect_by_token"], "ConnectByToken", "RDS asks for it, and it is not here"),
    (&["control_bucket"], "CreateRecordsOnly", "no function breaks it: local/tests/test_policies.py tries to"),
    (&["operator"], "FindStateMachines", "a person's: local/tests/test_policies.py is one"),
    (&["operator"], "FollowStopAndRedrive", "a person's: local/tests/test_policies.py is one"),
    (&["operator"], "StartAndList", "a person's: local/tests/test_policies.py is one"),
    (&["scheduler"], "KeepDeadLetters", "the schedule of a local stack is off"),
    (&["scheduler"], "StartExecutions", "the schedule is off here: local/tests/test_policies.py starts in its place"),
    (&["state_machine"], "DeliverLogs", "local AWS does not ask for the state machine's own role"),
    (
        &["state_machine"],
        "InvokeFunctions",
        "nobody asks for its role here: local/tests/test_policies.py invokes in its place",
    ),
    (
        &["trust", "trust_lambda"],
        "Assume",
        "local AWS lets its own services take any role: local/tests/test_policies.py tries to",
    ),
];

const FIRST: &str = "20991231T000000Z-00000000-001";
const SECOND: &str = "20991231T000000Z-00000000-002";

/// Makes a table so large that it is uploaded in parts: as long as it does not change, each reading of it is given up.
const LARGE_TABLE: &str = "insert into address (address_line_1, city, postal_code, country, phone)
     select repeat(md5(n::text), 3000), 'Leeds', n, 'England', n from generate_series(1, 100) n";

/// The roles of one stack's functions, and the statements that have been shown to be needed.
struct Privileges<'a> {
    stack: &'a Stack,
    whole: BTreeMap<&'static str, Value>,
    shown: BTreeSet<(String, String)>,
}

impl<'a> Privileges<'a> {
    /// The policies that the stack was made with.
    fn of(stack: &'a Stack) -> Result<Self, Box<dyn std::error::Error>> {
        let mut whole = BTreeMap::new();
        for function in FUNCTIONS {
            let named = json!({"RoleName": role(function), "PolicyName": "starlift"});
            whole.insert(function, stack.aws.call("iam", "get_role_policy", &named)?["PolicyDocument"].take());
        }
        Ok(Self { stack, whole, shown: BTreeSet::new() })
    }

    /// The policy without a statement, which counts as shown from now on.
    fn without(&mut self, function: &str, statement: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let mut rest = self.whole[function].clone();
        let statements = rest["Statement"].as_array_mut().ok_or("statements")?;
        let count = statements.len();
        statements.retain(|found| found["Sid"] != statement);
        assert_eq!(statements.len(), count - 1, "{function}.json has no statement {statement}");
        self.shown.insert((function.to_owned(), statement.to_owned()));
        Ok(rest)
    }

    /// A step is denied without any one of the statements, and not with all of them. Gives what it answers then.
    fn needed(
        &mut self,
        function: &str,
        statements: &[&str],
        payload: &Value,
    ) -> Result<starlift_testkit::Result<Value>, Box<dyn std::error::Error>> {
        let mut policies = Vec::new();
        for statement in statements {
            policies.push(self.without(function, statement)?);
        }
        policies.push(self.whole[function].clone());
        let invoked = ("lambda", "invoke", invocation(&self.stack.resources.functions[function], payload));
        let calls: Vec<_> =
            policies.iter().flat_map(|policy| [put_policy(function, policy), invoked.clone()]).collect();
        let replies = self.stack.aws.call_all(&calls)?;
        let mut answers: Vec<_> = replies.iter().skip(1).step_by(2).map(|reply| answer(function, reply)).collect();
        let with_all = answers.pop().ok_or("an answer")?;
        assert!(!is_denied(&with_all), "{function} is denied {payload} with the whole policy: {with_all:?}");
        assert_eq!(answers.len(), statements.len());
        for (statement, refused) in statements.iter().zip(&answers) {
            assert!(is_denied(refused), "{function} does not miss {statement} for {payload}: {refused:?}");
        }
        Ok(with_all)
    }

    /// Every statement of every template is shown to be needed, or it is said why not; and what is said of is there.
    fn accounts_for_every_statement(&self) -> Outcome {
        let mut expected: BTreeSet<(String, String)> = self.shown.clone();
        for (templates, statement, _) in NOT_SHOWN {
            for template in templates {
                let is_new = expected.insert(((*template).to_owned(), statement.to_owned()));
                assert!(is_new, "{template}.json: {statement} is shown to be needed, and excused");
            }
        }
        for file in fs::read_dir(workspace::root().join("terraform/policies"))? {
            let path = file?.path();
            let template = path.file_stem().and_then(|name| name.to_str()).ok_or("a name")?.to_owned();
            let policy: Value = serde_json::from_slice(&fs::read(&path)?)?;
            for statement in policy["Statement"].as_array().ok_or("statements")? {
                let named = statement["Sid"].as_str().ok_or("a statement without a name")?.to_owned();
                let is_known = expected.remove(&(template.clone(), named.clone()));
                assert!(is_known, "{template}.json: which step misses {named}?");
            }
        }
        assert_eq!(expected, BTreeSet::new(), "statements that no template has");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_of_the_deployment_suffice_and_every_statement_is_needed() -> Outcome {
    let server = LocalAws::start(&Behaviour { enforce_iam: true, ..Behaviour::default() })?;
    let source = generated(50).await?;
    source.connect().await?.batch_execute(LARGE_TABLE).await?;
    let stack = Stack::build(&server, source, &Blueprint::default()).await?;
    let mut privileges = Privileges::of(&stack)?;
    first_runs_and_held_rows(&stack).await?;
    replay(&mut privileges).await?;
    a_run_step_by_step(&mut privileges).await?;
    a_run_whose_objects_are_lost(&mut privileges).await?;
    logins_made_by_an_administrator(&mut privileges)?;
    privileges.accounts_for_every_statement()
}

async fn first_runs_and_held_rows(stack: &Stack) -> Outcome {
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    let source = stack.source.connect().await?;
    for change in [ONE_SALE, ONE_DELETION, ONE_ROW_HELD] {
        source.batch_execute(change).await?;
    }
    let second = stack.run().await?.succeeded()?;
    assert_eq!((second.sum("Load", "held"), second.sum("Load", "deleted")), (2, 1));
    source.batch_execute("update currency set currency_code = 'EUR' where currency_id = 99").await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

async fn replay(privileges: &mut Privileges<'_>) -> Outcome {
    let stack = privileges.stack;
    stack.lose_warehouse().await?;
    let rest = privileges.without("load", "ReadPublications")?;
    stack.aws.call_all(&[put_policy("load", &rest)])?;
    let failed = stack.run_with(&json!({"replay": true})).await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.Denied"), "{}", failed.message());
    assert!(failed.message().contains("publications/"), "{}", failed.message());
    stack.aws.call_all(&[put_policy("load", &privileges.whole["load"])])?;
    stack.redrive(&failed.arn).await?.succeeded()?;
    assert_eq!(number(&stack.warehouse.connect().await?, "select count(*) from etl.run").await?, 3);
    stack.agree().await?;
    Ok(())
}

async fn a_run_step_by_step(privileges: &mut Privileges<'_>) -> Outcome {
    let stack = privileges.stack;
    let source = stack.source.connect().await?;
    source.batch_execute(ONE_SALE).await?;
    source.batch_execute(ONE_DELETION).await?;
    // An unchanged table whose object is lost is stored again.
    stack.remove_objects("ingest", |key| key.starts_with("staff/")).await?;

    let migrating = ["ReadMigratorSecret", "ReadCatalog", "WriteCatalog", "ListPublications"];
    privileges.needed("load", &migrating, &json!({"action": "migrate"}))??;
    let begin = json!({"action": "begin", "run": FIRST, "replay": false});
    privileges.needed("load", &["ReadWarehouseSecret", "ReadTracking"], &begin)??;

    let reading = [
        "TellNewRuns",
        "TellLostRawObjects",
        "LookUpRawObjects",
        "WriteRawObjects",
        "GiveUploadsUp",
        "ReadTracking",
        "ReadCatalog",
        "ReadManifests",
        "WriteManifests",
        "ReadSourceSecret",
    ];
    let read = json!({"run": FIRST, "full": false, "replaying": false});
    let parts = privileges.needed("ingest", &reading, &read)??["parts"].take();
    let parts: Vec<String> = serde_json::from_value(parts)?;
    for part in &parts[1..] {
        stack.invoke("transform", &json!({"run": FIRST, "part": part}))?;
    }
    let transforming = [
        "TellNewParts",
        "ReadRawObjects",
        "WriteProcessedObjects",
        "ReadCatalog",
        "ReadIngestManifests",
        "ReadManifests",
        "WriteManifests",
    ];
    let part = json!({"run": FIRST, "part": parts[0]});
    privileges.needed("transform", &transforming, &part)??;
    // A part that was made and has lost its objects is made again.
    stack.remove_objects("processed", |key| key.contains(&format!("/{FIRST}/{}-", parts[0]))).await?;
    privileges.needed("transform", &["TellLostProcessedObjects", "LookUpProcessedObjects"], &part)??;

    let publishing = ["ReadKeyLists", "ReadProcessedObjects", "ReadManifests", "WritePublications", "WriteTracking"];
    privileges.needed("load", &publishing, &load(FIRST))??;
    privileges.needed("load", &["WriteExtracts"], &json!({"action": "export", "run": FIRST}))??;
    stack.agree().await?;
    Ok(())
}

/// Without the right to list a bucket, what has expired looks as if it were forbidden, and the advice is wrong.
async fn a_run_whose_objects_are_lost(privileges: &mut Privileges<'_>) -> Outcome {
    let stack = privileges.stack;
    let source = stack.source.connect().await?;
    source.batch_execute(ONE_SALE).await?;
    source.batch_execute(ONE_DELETION).await?;
    let read = stack.invoke("ingest", &json!({"run": SECOND, "full": false, "replaying": false}))?;
    let parts: Vec<String> = serde_json::from_value(read["parts"].clone())?;
    for part in &parts {
        stack.invoke("transform", &json!({"run": SECOND, "part": part}))?;
    }
    let is_lost = |answer: starlift_testkit::Result<Value>| {
        let refused = answer.expect_err("an object is lost").to_string();
        assert!(refused.contains("Starlift.InvalidData") && refused.contains("is not there"), "{refused}");
    };
    stack.remove_objects("ingest", |key| key.contains(SECOND) && key.ends_with("-keys.csv")).await?;
    is_lost(privileges.needed("load", &["TellLostKeyLists"], &load(SECOND))?);
    stack.remove_objects("processed", |key| key.contains(SECOND)).await?;
    is_lost(privileges.needed("load", &["TellLostProcessedObjects"], &load(SECOND))?);
    stack.remove_objects("ingest", |key| key.contains(SECOND)).await?;
    let part = json!({"run": SECOND, "part": parts[0]});
    is_lost(privileges.needed("transform", &["TellLostRawObjects"], &part)?);
    Ok(())
}

/// A policy of its own, because only a deployment that makes the logins has it.
fn logins_made_by_an_administrator(privileges: &mut Privileges<'_>) -> Outcome {
    let stack = privileges.stack;
    let text = logins::secret(&stack.warehouse.url())?.to_string();
    let made =
        stack.aws.call("secretsmanager", "create_secret", &json!({"Name": "administrator", "SecretString": text}))?;
    let secret = made["ARN"].as_str().ok_or("an ARN")?;
    let migrate = json!({"action": "migrate", "administrator": secret});
    let refused = stack.invoke("load", &migrate);
    assert!(is_denied(&refused), "load reads a secret that nobody has given it: {refused:?}");

    let template = fs::read_to_string(workspace::root().join("terraform/policies/read_administrator.json"))?;
    let policy = template.replace("${administrator_secret_arn}", secret);
    let put = json!({"RoleName": role("load"), "PolicyName": "make-logins", "PolicyDocument": policy});
    stack.aws.call("iam", "put_role_policy", &put)?;
    stack.invoke("load", &migrate)?;
    privileges.shown.insert(("read_administrator".to_owned(), "ReadAdministratorSecret".to_owned()));
    Ok(())
}

fn load(run: &str) -> Value {
    json!({"action": "load", "run": run, "accept_deletes": false, "replaying": false})
}

fn role(function: &str) -> String {
    format!("starlift-totesys-{function}")
}

fn put_policy(function: &str, policy: &Value) -> (&'static str, &'static str, Value) {
    let put = json!({"RoleName": role(function), "PolicyName": "starlift", "PolicyDocument": policy.to_string()});
    ("iam", "put_role_policy", put)
}

fn is_denied(answer: &starlift_testkit::Result<Value>) -> bool {
    answer.as_ref().is_err_and(|error| error.to_string().contains("\"Starlift.Denied\""))
}
