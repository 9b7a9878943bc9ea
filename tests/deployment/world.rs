//! What is there before anything is deployed: a network, a source with data, an empty warehouse with its roles, and somebody who listens.

use serde_json::{Value, json};
use starlift_testkit::aws::Aws;
use starlift_testkit::oracle::Oracle;
use starlift_testkit::{Cluster, Database, Options, logins, source, workspace};

use crate::Outcome;

/// The logins that a person makes in the databases, and the secret that each of them is in.
const LOGINS: [(&str, &str); 3] = [
    ("Project", "deployed_ingest"),
    ("warehouse-db-credentials", "deployed_load"),
    ("warehouse-db-migrator", "deployed_migrate"),
];

/// A password that no login has.
pub(crate) const WRONG: &str = "mistyped-Pa55word";

/// An account of local AWS and two databases, whose server asks for passwords.
pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) source: Database,
    pub(crate) warehouse: Database,
    /// The variables of the example that do not change.
    pub(crate) variables: Value,
    oracle: Oracle,
    port: u16,
}

impl World {
    /// A source of this many sales orders and what belongs to them.
    pub(crate) async fn new(aws: Aws, orders: u32) -> Result<Self, Box<dyn std::error::Error>> {
        let cluster = Cluster::start(Options { password: Some("superuser".to_owned()), ..Options::default() })?;
        let source = cluster.create_database("source").await?;
        source::demo_source(&source.connect().await?, orders).await?;
        let warehouse = cluster.create_database("warehouse").await?;
        let oracle = Oracle::read(&workspace::pipeline("totesys").join("demo/oracle"))?;
        let variables = network(&aws)?;
        Ok(Self { aws, source, warehouse, variables, oracle, port: cluster.port() })
    }

    /// Makes the roles in the databases, by the files that the guide names, and gives them passwords.
    pub(crate) async fn make_roles(&self) -> Outcome {
        let [(_, reader), (_, loader), (_, migrator)] = LOGINS;
        logins::create_reader(&self.source.url(), reader)?;
        logins::create_publishers(&self.warehouse.url(), migrator, loader)?;
        let administrator = self.warehouse.connect().await?;
        for (_, login) in LOGINS {
            administrator.batch_execute(&format!("alter role {login} password '{}'", password(login))).await?;
        }
        Ok(())
    }

    /// Fills a secret, with its login's own password or with another.
    pub(crate) fn fill_secret(&self, secret: &str, other_password: Option<&str>) -> Outcome {
        let (_, login) = LOGINS.into_iter().find(|(name, _)| *name == secret).ok_or("a secret of the pipeline")?;
        let database = if secret == "Project" { &self.source } else { &self.warehouse };
        let connection = json!({
            "host": "127.0.0.1", "port": self.port, "username": login, "dbname": database.name(),
            "password": other_password.map_or_else(|| password(login), str::to_owned),
        });
        let put = json!({"SecretId": secret, "SecretString": connection.to_string()});
        self.aws.call("secretsmanager", "put_secret_value", &put)?;
        Ok(())
    }

    /// Every password that is anywhere in this world.
    pub(crate) fn passwords() -> Vec<String> {
        let of_logins = LOGINS.into_iter().map(|(_, login)| password(login));
        of_logins.chain([WRONG.to_owned()]).collect()
    }

    /// Fails unless the warehouse holds exactly what the source says it must.
    pub(crate) async fn agree(&self) -> Outcome {
        Ok(self.oracle.agree(&self.source.connect().await?, &self.warehouse.connect().await?).await?)
    }

    /// How many versions of facts the warehouse holds.
    pub(crate) async fn versions(&self) -> Result<i64, Box<dyn std::error::Error>> {
        let statement = "select (select count(*) from fact_sales_order) + (select count(*) from fact_payment)
                              + (select count(*) from fact_purchase_order)";
        Ok(self.warehouse.connect().await?.query_one(statement, &[]).await?.try_get(0)?)
    }
}

/// A password that is found wherever it is.
fn password(login: &str) -> String {
    format!("secret-of-{login}")
}

/// A VPC with two private subnets, and what the example is told of it.
fn network(aws: &Aws) -> Result<Value, Box<dyn std::error::Error>> {
    let made = aws.call("ec2", "create_vpc", &json!({"CidrBlock": "10.0.0.0/16"}))?;
    let vpc = &made["Vpc"]["VpcId"];
    let subnet = |zone: &str, addresses: &str| {
        ("ec2", "create_subnet", json!({"VpcId": vpc, "AvailabilityZone": zone, "CidrBlock": addresses}))
    };
    let routes = ("ec2", "create_route_table", json!({"VpcId": vpc}));
    let parts = aws.call_all(&[subnet("eu-west-2a", "10.0.1.0/24"), subnet("eu-west-2b", "10.0.2.0/24"), routes])?;
    Ok(json!({
        "vpc_id": vpc,
        "subnet_ids": [parts[0]["Subnet"]["SubnetId"], parts[1]["Subnet"]["SubnetId"]],
        "route_table_ids": [parts[2]["RouteTable"]["RouteTableId"]],
        "source_cidr": "10.1.0.0/24",
        "alert_emails": ["data@example.com"],
        "schedule": "rate(1 minute)",
        // A database of RDS is but a name here: the one that is loaded is not made by the module, and has passwords.
        "warehouse_managed_roles": false,
    }))
}
