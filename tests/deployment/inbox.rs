//! Somebody whom the topic of alerts tells.

use serde_json::{Value, json};
use starlift_testkit::aws::Aws;

use crate::Outcome;

/// A queue that keeps what it is told.
pub(crate) struct Inbox {
    aws: Aws,
    url: String,
}

impl Inbox {
    /// A queue that nobody tells anything yet.
    pub(crate) fn new(aws: Aws) -> Result<Self, Box<dyn std::error::Error>> {
        let made = aws.call("sqs", "create_queue", &json!({"QueueName": "inbox"}))?;
        let url = made["QueueUrl"].as_str().ok_or("a queue has a URL")?.to_owned();
        Ok(Self { aws, url })
    }

    /// Subscribes to a topic.
    pub(crate) fn subscribe(&self, topic: &Value) -> Outcome {
        let asked = json!({"QueueUrl": self.url, "AttributeNames": ["QueueArn"]});
        let queue = self.aws.call("sqs", "get_queue_attributes", &asked)?["Attributes"]["QueueArn"].clone();
        let subscription = json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": {"RawMessageDelivery": "true"},
        });
        self.aws.call("sns", "subscribe", &subscription)?;
        Ok(())
    }

    /// What has been told of an execution and not been taken yet.
    pub(crate) fn take(&self, execution: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let mut taken = Vec::new();
        loop {
            let asked = json!({"QueueUrl": self.url, "MaxNumberOfMessages": 10});
            let got = self.aws.call("sqs", "receive_message", &asked)?;
            let messages = got["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return Ok(taken);
            }
            for message in messages {
                // Alarms come by the same topic, and have a form of their own.
                let told: Value =
                    serde_json::from_str(message["Body"].as_str().unwrap_or_default()).unwrap_or_default();
                if told["execution"] == execution {
                    taken.push(told);
                }
                let handle = json!({"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]});
                self.aws.call("sqs", "delete_message", &handle)?;
            }
        }
    }
}
