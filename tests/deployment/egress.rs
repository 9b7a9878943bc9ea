//! Where a deployment lets anything out to: the rules of all security groups, and not only of those that somebody thought of.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use starlift_testkit::aws::Aws;

use crate::Outcome;

/// Every egress rule that was not in the inventory before lets out by TCP, to one port, of a group, a prefix list or a network that is not
/// everything.
pub(crate) fn is_narrow(aws: &Aws, before: &BTreeSet<String>) -> Outcome {
    let described = aws.call("ec2", "describe_security_group_rules", &json!({}))?;
    let is_new = |rule: &&Value| {
        let named = rule["SecurityGroupRuleId"].as_str().unwrap_or_default();
        rule["IsEgress"] == true && !before.contains(&format!("SecurityGroupRules: {named}"))
    };
    let made: Vec<&Value> = described["SecurityGroupRules"].as_array().into_iter().flatten().filter(is_new).collect();
    assert!(!made.is_empty(), "the functions reach nothing");
    for rule in made {
        let port = rule["FromPort"].as_u64();
        let is_one_port = rule["IpProtocol"] == "tcp" && port.is_some() && port == rule["ToPort"].as_u64();
        assert!(is_one_port, "egress by more than one port: {rule}");
        let to = ["ReferencedGroupInfo", "PrefixListId", "CidrIpv4", "CidrIpv6"].map(|kind| &rule[kind]);
        assert_eq!(to.iter().filter(|target| !target.is_null()).count(), 1, "egress to what? {rule}");
        let is_open = to.iter().any(|target| target.as_str().is_some_and(|network| network.ends_with("/0")));
        assert!(!is_open, "open egress: {rule}");
    }
    Ok(())
}
