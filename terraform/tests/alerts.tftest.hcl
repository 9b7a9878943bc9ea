# Who is told what, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "an_alert_says_what_to_do_with_which_execution" {
  command = plan

  assert {
    condition = alltrue([
      for rule in values(aws_cloudwatch_event_rule.ended) :
      jsondecode(rule.event_pattern).detail.stateMachineArn == [aws_sfn_state_machine.this.arn]
      && jsondecode(rule.event_pattern).detail.status == ["FAILED", "TIMED_OUT", "ABORTED"]
    ])
    error_message = "Alerts are about this pipeline and no other, and about every end without success."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_event_target.ended["failed"].input_transformer[0].input_template, "\"cause\":<cause>")
    error_message = "A cause has quotation marks of its own: it has to stand without any."
  }

  assert {
    condition     = length(setintersection(keys(aws_cloudwatch_event_target.ended["unexplained"].input_transformer[0].input_paths), ["error", "cause"])) == 0
    error_message = "An event without a cause has no path to one."
  }

  assert {
    condition = alltrue([
      for target in values(aws_cloudwatch_event_target.ended) : can(jsondecode(replace(
        target.input_transformer[0].input_template, "/:<[a-z]+>/", ":\"a cause with \\\"quotation marks\\\"\""
      )))
    ])
    error_message = "What EventBridge puts together has to be JSON."
  }
}

run "an_alert_reaches_every_address_or_is_kept" {
  command = plan

  variables {
    alert_emails = ["data@example.com", "night@example.com"]
  }

  assert {
    condition = alltrue([
      for target in values(aws_cloudwatch_event_target.ended) :
      target.arn == aws_sns_topic.alerts.arn && one(target.dead_letter_config).arn == aws_sqs_queue.dead_letters.arn
    ])
    error_message = "An alert goes elsewhere, or vanishes when it cannot be delivered."
  }

  assert {
    condition = alltrue([
      for policy in [aws_sns_topic_policy.alerts.policy, aws_sqs_queue_policy.dead_letters.policy] : alltrue([
        for rule in values(aws_cloudwatch_event_rule.ended) : strcontains(policy, rule.arn)
      ])
    ])
    error_message = "Topic and dead letters let each rule in."
  }

  assert {
    condition = alltrue([
      for subscription in aws_sns_topic_subscription.email : subscription.topic_arn == aws_sns_topic.alerts.arn && subscription.protocol == "email"
    ]) && toset(values(aws_sns_topic_subscription.email)[*].endpoint) == toset(var.alert_emails)
    error_message = "Somebody who is to be told is not."
  }
}

run "every_alarm_tells_the_topic" {
  command = plan

  assert {
    condition = {
      for alarm in concat(
        [aws_cloudwatch_metric_alarm.freshness, aws_cloudwatch_metric_alarm.quarantine, aws_cloudwatch_metric_alarm.dead_letters],
        values(aws_cloudwatch_metric_alarm.duration), values(aws_cloudwatch_metric_alarm.throttles),
      ) : trimprefix(alarm.alarm_name, "starlift-totesys-") => alarm.alarm_actions
      } == {
      for name in [
        "freshness", "quarantine", "dead-letters", "ingest-duration", "transform-duration", "load-duration",
        "ingest-throttles", "transform-throttles", "load-throttles",
      ] : name => toset([aws_sns_topic.alerts.arn])
    }
    error_message = "An alarm is missing, or nobody hears it."
  }
}

run "alarms_watch_what_the_functions_write" {
  command = plan

  variables {
    freshness_minutes = 60
    quarantine_rows   = 3
  }

  assert {
    condition = alltrue([
      for name, alarm in { freshness = aws_cloudwatch_metric_alarm.freshness, quarantine = aws_cloudwatch_metric_alarm.quarantine } :
      jsonencode({
        metric_name         = alarm.metric_name
        dimensions          = alarm.dimensions
        statistic           = alarm.statistic
        period              = alarm.period
        comparison_operator = alarm.comparison_operator
        treat_missing_data  = alarm.treat_missing_data
      }) == jsonencode(jsondecode(templatefile("alarms.json", { pipeline = "totesys" }))[name]) && alarm.namespace == "Starlift"
    ])
    error_message = "An alarm watches something else than alarms.json says, which is what is tested with runs."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.quarantine.threshold == 3 && aws_cloudwatch_metric_alarm.quarantine.evaluation_periods == 1
    error_message = "As many rows may wait as was asked for."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.freshness.threshold == 3600
    error_message = "The warehouse may be as old as was asked for."
  }
}

run "a_lost_schedule_is_noticed" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.freshness.treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.freshness.actions_enabled
    error_message = "A schedule that never fires leaves no metric: its absence has to alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.freshness.evaluation_periods * aws_cloudwatch_metric_alarm.freshness.period == 2700
    error_message = "45 minutes are the default."
  }
}

run "a_step_that_is_about_to_time_out_is_noticed" {
  command = plan

  variables {
    function_settings = { load = { timeout = 600 } }
  }

  assert {
    condition     = { for function, alarm in aws_cloudwatch_metric_alarm.duration : function => alarm.threshold } == { ingest = 720000, load = 480000, transform = 720000 }
    error_message = "Four fifths of a time-out, in milliseconds, are near the limit."
  }

  assert {
    condition = alltrue([
      for function in ["ingest", "load", "transform"] : alltrue([
        for alarm, watched in { duration = "Maximum Duration", throttles = "Sum Throttles" } : [
          for made in [{ duration = aws_cloudwatch_metric_alarm.duration[function], throttles = aws_cloudwatch_metric_alarm.throttles[function] }[alarm]] :
          "${made.statistic} ${made.metric_name} ${made.namespace} ${made.dimensions.FunctionName} ${made.comparison_operator}"
        ] == ["${watched} AWS/Lambda starlift-totesys-${function} GreaterThanThreshold"]
      ])
    ])
    error_message = "An alarm watches another function, or something else of it."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.dead_letters.dimensions == tomap({ QueueName = aws_sqs_queue.dead_letters.name })
      && aws_cloudwatch_metric_alarm.dead_letters.metric_name == "ApproximateNumberOfMessagesVisible"
      && alltrue([for alarm in concat([aws_cloudwatch_metric_alarm.dead_letters], values(aws_cloudwatch_metric_alarm.throttles)) : alarm.threshold == 0])
    )
    error_message = "One dead letter, and one throttled invocation in each of three periods, are too many."
  }
}
