//! Everything of the kinds that the module makes, in one account.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use starlift_testkit::aws::Aws;

/// A kind of thing: the call that lists it, the field of the answer, and the field of a listed thing that names it.
const KINDS: [(&str, &str, &str, &str); 27] = [
    ("s3", "list_buckets", "Buckets", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionArn"),
    ("iam", "list_roles", "Roles", "Arn"),
    ("iam", "list_policies", "Policies", "Arn"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("logs", "describe_query_definitions", "queryDefinitions", "name"),
    ("stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
    ("scheduler", "list_schedules", "Schedules", "Arn"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups", "Arn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions", "Endpoint"),
    ("events", "list_rules", "Rules", "Arn"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceArn"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
];

/// The kinds of which an apply makes nothing by itself: functions have their network interfaces made, a removal the snapshot.
pub(crate) const NOT_MADE: [&str; 3] = ["NetworkInterfaces", "DBSnapshots", "Vpcs"];

/// The kinds of which there are no more than before.
pub(crate) fn kinds_of_which_there_are_no_more(before: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<&'static str> {
    let count = |listed: &BTreeSet<String>, kind: &str| {
        listed.iter().filter(|thing| thing.starts_with(&format!("{kind}: "))).count()
    };
    KINDS.iter().map(|(_, _, kind, _)| *kind).filter(|kind| count(now, kind) <= count(before, kind)).collect()
}

/// What there is: the kind and the name of each thing. Keys that wait for their deletion are gone.
pub(crate) fn inventory(aws: &Aws) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let parameters = |operation: &str| match operation {
        // Those of AWS itself are not listed.
        "list_policies" => json!({"Scope": "Local"}),
        _ => json!({}),
    };
    let calls: Vec<_> =
        KINDS.iter().map(|(service, operation, ..)| (*service, *operation, parameters(operation))).collect();
    let answers = aws.call_all(&calls)?;
    let mut found = BTreeSet::new();
    for ((service, operation, list, name), answer) in KINDS.iter().zip(&answers) {
        let things = answer[list].as_array().map(Vec::as_slice).unwrap_or_default();
        for thing in things {
            let named = if name.is_empty() { thing } else { &thing[name] };
            let named = named.as_str().ok_or_else(|| format!("{service} {operation}: no {name} in {thing}"))?;
            if *list == "Keys" && is_leaving(aws, named)? {
                continue;
            }
            found.insert(format!("{list}: {named}"));
        }
    }
    Ok(found)
}

fn is_leaving(aws: &Aws, key: &str) -> Result<bool, Box<dyn std::error::Error>> {
    let described: Value = aws.call("kms", "describe_key", &json!({"KeyId": key}))?;
    Ok(described["KeyMetadata"]["KeyState"] == "PendingDeletion")
}
