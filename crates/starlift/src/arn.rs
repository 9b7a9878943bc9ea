//! The names of a state machine and its executions.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The ARN of a state machine: `arn:aws:states:<region>:<account>:stateMachine:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct StateMachine {
    arn: String,
}

impl StateMachine {
    /// The ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        self.part(6)
    }

    /// The region that it is in.
    pub(crate) fn region(&self) -> &str {
        self.part(3)
    }

    /// The ARN of one of its executions, from that ARN or from the execution's name.
    ///
    /// # Errors
    /// It is the ARN of something else.
    pub(crate) fn execution(&self, name_or_arn: &str) -> Result<String, String> {
        let parts: Vec<&str> = self.arn.split(':').collect();
        let prefix = format!("{}:execution:{}:", parts[..5].join(":"), self.name());
        if !name_or_arn.starts_with("arn:") {
            return Ok(format!("{prefix}{name_or_arn}"));
        }
        if !name_or_arn.starts_with(&prefix) {
            return Err(format!("{name_or_arn} is no execution of {self}; `starlift runs` lists its executions"));
        }
        Ok(name_or_arn.to_owned())
    }

    fn part(&self, position: usize) -> &str {
        self.arn.split(':').nth(position).unwrap_or_default()
    }
}

impl FromStr for StateMachine {
    type Err = String;

    fn from_str(arn: &str) -> Result<Self, String> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "states", region, _, "stateMachine", name, ..] if !region.is_empty() && !name.is_empty() => {
                Ok(Self { arn: arn.to_owned() })
            }
            _ => Err("expected arn:aws:states:<region>:<account>:stateMachine:<name>".to_owned()),
        }
    }
}

impl TryFrom<String> for StateMachine {
    type Error = String;

    fn try_from(arn: String) -> Result<Self, String> {
        arn.parse()
    }
}

impl fmt::Display for StateMachine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:eu-west-2:123456789012:stateMachine:starlift-totesys";

    #[test]
    fn an_execution_may_be_named_by_its_name_or_its_arn() {
        let machine: StateMachine = ARN.parse().expect("parses");
        let execution = "arn:aws:states:eu-west-2:123456789012:execution:starlift-totesys:nightly";
        assert_eq!(machine.execution("nightly").as_deref(), Ok(execution));
        assert_eq!(machine.execution(execution).as_deref(), Ok(execution));
        assert_eq!(machine.region(), "eu-west-2");
    }

    #[test]
    fn an_execution_of_another_state_machine_is_refused() {
        let machine: StateMachine = ARN.parse().expect("parses");
        let other = "arn:aws:states:eu-west-2:123456789012:execution:other:nightly";
        assert!(machine.execution(other).expect_err("is refused").contains("starlift runs"));
    }

    #[test]
    fn what_is_no_state_machine_is_refused_with_the_shape_of_one() {
        for text in ["", "starlift-totesys", "arn:aws:lambda:eu-west-2:1:function:f"] {
            assert!(text.parse::<StateMachine>().expect_err("is refused").contains("stateMachine:<name>"), "{text}");
        }
    }
}
