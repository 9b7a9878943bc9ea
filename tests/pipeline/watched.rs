//! A stack whose clocks a test moves, with the alarms of the deployment.

use serde_json::{Value, json};
use starlift_testkit::local_aws::{Behaviour, LocalAws};
use starlift_testkit::shim::Clocks;
use starlift_testkit::{Blueprint, Inbox, Stack};

use crate::deployment;
use crate::support::{Outcome, generated};

/// The clocks of AWS and of the three functions; those of the databases are right.
const CLOCKS: [&str; 4] = ["server", "starlift-totesys-ingest", "starlift-totesys-transform", "starlift-totesys-load"];

/// A stack and its clocks.
pub(crate) struct Watched {
    pub(crate) stack: Stack,
    clocks: Clocks,
    _server: LocalAws,
}

impl Watched {
    /// Over fifty generated sales orders and what belongs to them; the first run is published.
    pub(crate) async fn lifted() -> Result<Self, Box<dyn std::error::Error>> {
        let clocks = Clocks::new()?;
        let server = LocalAws::start(&Behaviour { environment: clocks.environment(), ..Behaviour::default() })?;
        let blueprint = Blueprint { environment: clocks.environment(), ..Blueprint::default() };
        let stack = Stack::build(&server, generated(50).await?, &blueprint).await?;
        stack.run().await?.succeeded()?;
        Ok(Self { stack, clocks, _server: server })
    }

    /// Lets it be so many minutes later for AWS and all functions.
    pub(crate) fn minutes_later(&self, minutes: i64) -> Outcome {
        CLOCKS.iter().try_for_each(|name| Ok(self.clocks.set(name, minutes * 60)?))
    }

    /// Makes an alarm of the deployment, which tells the topic of alerts.
    pub(crate) fn watch(&self, alarm: &str) -> Outcome {
        let parameters = deployment::alarm(alarm, &self.stack.resources.alerts)?;
        self.stack.aws.call("cloudwatch", "put_metric_alarm", &parameters)?;
        Ok(())
    }

    /// The state of an alarm now, and the states that its messages have told since the last look.
    pub(crate) fn states(
        &self,
        alarm: &str,
        inbox: &Inbox,
    ) -> Result<(String, Vec<String>), Box<dyn std::error::Error>> {
        let described = self.stack.aws.call("cloudwatch", "describe_alarms", &json!({"AlarmNames": [alarm]}))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = inbox.take()?.into_iter().filter(|message| message["AlarmName"] == alarm);
        let told = told.map(|message| text(&message["NewStateValue"])).collect();
        Ok((text(&described["MetricAlarms"][0]["StateValue"]), told))
    }
}
