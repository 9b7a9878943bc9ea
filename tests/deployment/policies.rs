//! What the roles of a deployment may do, and what those of a local stack may: the same statements about the same things.
//!
//! What a local stack's policies are filled in with, `tests/pipeline/least_privilege.rs` shows to be right.

use serde_json::{Value, json};
use starlift_testkit::aws::Aws;
use starlift_testkit::local_aws::REGION;

use crate::Outcome;
use crate::sameness::SECRETS;

const ROLES: [&str; 5] = ["ingest", "transform", "load", "states", "schedule"];

/// An account with a stack, and what things are called in it and in no other.
pub(crate) struct Account<'a> {
    aws: &'a Aws,
    /// A name, and what it stands for; what holds another one comes first.
    names: Vec<(String, String)>,
}

impl<'a> Account<'a> {
    /// The account of a deployment. Its functions are invoked by an alias, its schedule is in a group of its own, and it has a key.
    pub(crate) fn deployed(aws: &'a Aws, buckets: &Value) -> Result<Self, Box<dyn std::error::Error>> {
        let described = aws.call("kms", "describe_key", &json!({"KeyId": "alias/starlift-totesys"}))?;
        let key = described["KeyMetadata"]["Arn"].as_str().ok_or("a key has an ARN")?.to_owned();
        let own =
            [(key, "its key"), (":live\"".into(), "\""), ("schedule/starlift-totesys/".into(), "schedule/its group/")];
        Self::new(aws, buckets, own)
    }

    /// The account of a local stack.
    pub(crate) fn local(aws: &'a Aws, buckets: &Value) -> Result<Self, Box<dyn std::error::Error>> {
        let key = format!("arn:aws:kms:{REGION}:{}:key/none", aws.access_key());
        Self::new(aws, buckets, [(key, "its key"), ("schedule/default/".into(), "schedule/its group/")])
    }

    fn new<const N: usize>(
        aws: &'a Aws,
        buckets: &Value,
        own: [(String, &str); N],
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut names: Vec<(String, String)> = own.into_iter().map(|(name, is)| (name, is.to_owned())).collect();
        for (secret, _) in SECRETS {
            let described = aws.call("secretsmanager", "describe_secret", &json!({"SecretId": secret}))?;
            let arn = described["ARN"].as_str().ok_or("a secret has an ARN")?;
            names.push((arn.to_owned(), format!("the secret {secret}")));
        }
        for (zone, bucket) in buckets.as_object().ok_or("buckets by zone")? {
            names.push((bucket.as_str().ok_or("a bucket has a name")?.to_owned(), format!("its bucket {zone}")));
        }
        names.push((aws.access_key().to_owned(), "its account".to_owned()));
        Ok(Self { aws, names })
    }

    /// What a role may do, with what things are in place of what they are called.
    fn allowed(&self, role: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let asked = json!({"RoleName": format!("starlift-totesys-{role}"), "PolicyName": "starlift"});
        let policy = self.aws.call("iam", "get_role_policy", &asked)?;
        let named = policy["PolicyDocument"]["Statement"].to_string();
        let text = self.names.iter().fold(named, |text, (name, is)| text.replace(name, is));
        let mut statements: Vec<Value> = serde_json::from_str(&text)?;
        for statement in &mut statements {
            as_lists(statement);
        }
        Ok(statements)
    }
}

/// Every role may do the same in both accounts.
pub(crate) fn compare(deployed: &Account<'_>, local: &Account<'_>) -> Outcome {
    for role in ROLES {
        assert_eq!(deployed.allowed(role)?, local.allowed(role)?, "what {role} may do");
    }
    Ok(())
}

/// IAM takes one for a list of one: here every value is a list.
fn as_lists(statement: &mut Value) {
    match statement {
        Value::Object(fields) => fields.values_mut().for_each(as_lists),
        Value::Array(_) => {}
        one => *one = json!([one]),
    }
}
