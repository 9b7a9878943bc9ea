# Who is told what. An execution that fails is told at once, but such events are not certain to arrive; that nothing has been loaded for
# too long is noticed even when the schedule never fired.

locals {
  topic = aws_sns_topic.alerts.arn
  # What alarms watch of the metrics that the functions write into their logs: the same file makes the alarms of the tests.
  alarms  = jsondecode(templatefile("${path.module}/alarms.json", { pipeline = var.name }))
  metrics = local.alarms.namespace

  # When a person is told, and what: the same file makes the alerts of a local stack.
  alert_file = jsondecode(templatefile("${path.module}/../statemachine/alert.json", { state_machine_arn = aws_sfn_state_machine.this.arn }))
  alerts     = { for ended in ["failed", "unexplained"] : ended => local.alert_file[ended] }
}

resource "aws_sns_topic" "alerts" {
  name              = "${local.name}-alerts"
  display_name      = local.name
  kms_master_key_id = local.kms_key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alerts" {
  arn = aws_sns_topic.alerts.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TellFailures"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = { ArnEquals = { "aws:SourceArn" = values(aws_cloudwatch_event_rule.ended)[*].arn } }
      },
      {
        Sid       = "TellAlarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alert_emails)

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.key
}

# Two, of which each event belongs to one: what cannot be said without a cause is not said of an execution that has none.
resource "aws_cloudwatch_event_rule" "ended" {
  for_each = local.alerts

  name          = "${local.name}-${each.key}"
  description   = "An execution of ${local.name} ended without success, and needs a person"
  event_pattern = jsonencode(each.value.pattern)
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "ended" {
  for_each = local.alerts

  rule      = aws_cloudwatch_event_rule.ended[each.key].name
  target_id = "alerts"
  arn       = aws_sns_topic.alerts.arn

  input_transformer {
    input_paths = each.value.paths
    # jsonencode escapes angle brackets. A value that is one placeholder stands without quotes: EventBridge quotes what it puts there.
    input_template = replace(replace(replace(jsonencode(each.value.template), "\\u003c", "<"), "\\u003e", ">"), "/\"(<[a-z]+>)\"/", "$1")
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

# Alerts that could not be delivered end among the dead letters too, and those alarm.
resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "KeepAlerts"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.dead_letters.arn
      Condition = { ArnEquals = { "aws:SourceArn" = values(aws_cloudwatch_event_rule.ended)[*].arn } }
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "freshness" {
  alarm_name        = "${local.name}-freshness"
  alarm_description = "For ${var.freshness_minutes} minutes no run has ended that left the warehouse younger than that. Look whether the schedule ${local.name} is on and starts executions (dead letters), and what the last execution says; redrive it."

  namespace           = local.metrics
  metric_name         = local.alarms.freshness.metric_name
  dimensions          = local.alarms.freshness.dimensions
  statistic           = local.alarms.freshness.statistic
  period              = local.alarms.freshness.period
  comparison_operator = local.alarms.freshness.comparison_operator
  # A load says how old the warehouse is, whatever became of its run. When none says anything, that is what this alarm is for.
  treat_missing_data = local.alarms.freshness.treat_missing_data
  evaluation_periods = ceil(var.freshness_minutes * 60 / local.alarms.freshness.period)
  threshold          = var.freshness_minutes * 60

  actions_enabled = var.schedule_enabled
  alarm_actions   = [local.topic]
  ok_actions      = [local.topic]
  tags            = local.tags
}

resource "aws_cloudwatch_metric_alarm" "quarantine" {
  alarm_name        = "${local.name}-quarantine"
  alarm_description = "More than ${var.quarantine_rows} rows wait in the quarantine. `starlift quarantine` lists them with their reasons; they arrive by themselves once the source is repaired."

  namespace           = local.metrics
  metric_name         = local.alarms.quarantine.metric_name
  dimensions          = local.alarms.quarantine.dimensions
  statistic           = local.alarms.quarantine.statistic
  period              = local.alarms.quarantine.period
  comparison_operator = local.alarms.quarantine.comparison_operator
  # Between two runs nothing is known, and nothing has changed.
  treat_missing_data = local.alarms.quarantine.treat_missing_data
  evaluation_periods = 1
  threshold          = var.quarantine_rows

  alarm_actions = [local.topic]
  ok_actions    = [local.topic]
  tags          = local.tags
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = local.functions

  alarm_name          = "${local.function_names[each.key]}-duration"
  alarm_description   = "A step of ${each.key} took more than four fifths of its time-out. Give the function more memory (function_settings), or let its slices be smaller (slice_rows in pipeline.toml)."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = local.function_names[each.key] }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.function_settings[each.key].timeout * 800
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = local.functions

  alarm_name          = "${local.function_names[each.key]}-throttles"
  alarm_description   = "Invocations of ${each.key} have been throttled for a quarter of an hour. The state machine tries them again; raise its concurrency (function_settings), or the account's."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = local.function_names[each.key] }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${local.name}-dead-letters"
  alarm_description   = "A start of the schedule or an alert came to nothing. Read the message in the queue ${local.name}-dead-letters: its attributes say why. Delete it when the cause is mended."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}
