//! Who is told: a queue in the place of a person's address.

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::stack::Stack;

/// A queue that keeps what topics send it until somebody looks.
#[derive(Debug)]
pub struct Inbox {
    aws: Aws,
    url: String,
}

impl Inbox {
    /// A queue that nobody tells anything yet.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn new(aws: Aws) -> Result<Self> {
        let mut made = aws.call("sqs", "create_queue", &json!({"QueueName": "inbox"}))?;
        match made["QueueUrl"].take() {
            Value::String(url) => Ok(Self { aws, url }),
            other => Err(Error::Malformed(format!("a queue has a URL, and not {other}"))),
        }
    }

    /// A queue that gets what the topic of a stack's alerts sends.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn of(stack: &Stack) -> Result<Self> {
        let inbox = Self::new(stack.aws.clone())?;
        inbox.subscribe(&stack.resources.alerts)?;
        Ok(inbox)
    }

    /// Lets a topic, by its ARN, tell this queue.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn subscribe(&self, topic: &str) -> Result<()> {
        let asked = json!({"QueueUrl": self.url, "AttributeNames": ["QueueArn"]});
        let queue = self.aws.call("sqs", "get_queue_attributes", &asked)?["Attributes"]["QueueArn"].take();
        // Where policies are enforced, a queue takes what it is told to take.
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }]});
        let attributes = json!({"QueueUrl": self.url, "Attributes": {"Policy": policy.to_string()}});
        self.aws.call("sqs", "set_queue_attributes", &attributes)?;
        let subscription = json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": {"RawMessageDelivery": "true"},
        });
        self.aws.call("sns", "subscribe", &subscription).map(|_| ())
    }

    /// The messages that have come since the last look.
    ///
    /// # Errors
    /// When local AWS refuses, or a message is not JSON.
    pub fn take(&self) -> Result<Vec<Value>> {
        let mut taken = Vec::new();
        loop {
            let asked = json!({"QueueUrl": self.url, "MaxNumberOfMessages": 10});
            let got = self.aws.call("sqs", "receive_message", &asked)?;
            let messages = got["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return Ok(taken);
            }
            for message in messages {
                let body = message["Body"].as_str().unwrap_or_default();
                taken
                    .push(serde_json::from_str(body).map_err(|error| Error::Malformed(format!("a message: {error}")))?);
                let handle = json!({"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]});
                self.aws.call("sqs", "delete_message", &handle)?;
            }
        }
    }
}
