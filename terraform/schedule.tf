# The schedule. Two executions at once do no harm, so a start is tried again, and one that came to nothing is kept and alarms.

resource "aws_scheduler_schedule_group" "this" {
  name = local.name
  tags = local.tags
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${local.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_scheduler_schedule" "this" {
  name        = local.name
  description = "Starts ${local.name}"
  group_name  = aws_scheduler_schedule_group.this.name
  state       = var.schedule_enabled ? "ENABLED" : "DISABLED"
  kms_key_arn = local.kms_key_arn

  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone

  flexible_time_window {
    mode                      = var.schedule_window_minutes == 0 ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = var.schedule_window_minutes == 0 ? null : var.schedule_window_minutes
  }

  target {
    # The call itself, because the target of its own takes no alias.
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:sfn:startExecution"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ StateMachineArn = aws_sfn_alias.live.arn, Input = "{}" })

    # What starts much later than it should is started by the next time anyhow.
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 3
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  # The first execution needs a warehouse that is migrated.
  depends_on = [aws_iam_role_policy.scheduler, aws_lambda_invocation.migrate]
}
