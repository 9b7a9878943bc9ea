//! Who is told: a queue in the place of a person's address.

use serde_json::{Value, json};
use starlift_testkit::Stack;

/// A queue that gets what the topic of alerts sends.
pub(crate) struct Inbox<'a> {
    stack: &'a Stack,
    url: String,
}

impl<'a> Inbox<'a> {
    pub(crate) fn of(stack: &'a Stack) -> Result<Self, Box<dyn std::error::Error>> {
        let call = |service, operation, parameters: &Value| stack.aws.call(service, operation, parameters);
        let url = call("sqs", "create_queue", &json!({"QueueName": "inbox"}))?["QueueUrl"].as_str().map(str::to_owned);
        let url = url.ok_or("a queue has a URL")?;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
        let queue = call("sqs", "get_queue_attributes", &asked)?["Attributes"]["QueueArn"].clone();
        let subscription = json!({
            "TopicArn": stack.resources.alerts, "Protocol": "sqs", "Endpoint": queue,
            "Attributes": {"RawMessageDelivery": "true"},
        });
        call("sns", "subscribe", &subscription)?;
        Ok(Self { stack, url })
    }

    /// The messages that have come since the last look.
    pub(crate) fn take(&self) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let mut taken = Vec::new();
        loop {
            let asked = json!({"QueueUrl": self.url, "MaxNumberOfMessages": 10});
            let got = self.stack.aws.call("sqs", "receive_message", &asked)?;
            let messages = got["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return Ok(taken);
            }
            for message in messages {
                taken.push(serde_json::from_str(message["Body"].as_str().unwrap_or_default())?);
                let handle = json!({"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]});
                self.stack.aws.call("sqs", "delete_message", &handle)?;
            }
        }
    }
}
