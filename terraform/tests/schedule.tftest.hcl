# The schedule, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_schedule_starts_the_published_version_and_nothing_else" {
  command = plan

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this.target[0].input).StateMachineArn == aws_sfn_alias.live.arn
    error_message = "The schedule has to start the published version."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "states:StartExecution")
    ] == [aws_sfn_state_machine.this.arn]
    error_message = "The schedule may start something that is not this state machine."
  }
}

run "the_schedule_fires_when_it_is_asked_to" {
  command = plan

  variables {
    schedule                = "cron(0/10 6-22 * * ? *)"
    schedule_timezone       = "Europe/London"
    schedule_window_minutes = 5
  }

  assert {
    condition     = [aws_scheduler_schedule.this.schedule_expression, aws_scheduler_schedule.this.schedule_expression_timezone] == [var.schedule, var.schedule_timezone]
    error_message = "The schedule has other times, or those of another zone."
  }

  assert {
    condition = (
      one(aws_scheduler_schedule.this.flexible_time_window).mode == "FLEXIBLE"
      && one(aws_scheduler_schedule.this.flexible_time_window).maximum_window_in_minutes == 5
    )
    error_message = "Every pipeline of the account would start in the same second."
  }
}

run "without_a_window_the_schedule_fires_on_the_minute" {
  command = plan

  variables {
    schedule_window_minutes = 0
  }

  assert {
    condition     = one(aws_scheduler_schedule.this.flexible_time_window).mode == "OFF"
    error_message = "EventBridge takes no window of no minutes."
  }
}

run "a_start_is_tried_a_few_times_and_then_kept" {
  command = plan

  assert {
    condition = (
      one(aws_scheduler_schedule.this.target[0].retry_policy).maximum_retry_attempts == 3
      && one(aws_scheduler_schedule.this.target[0].retry_policy).maximum_event_age_in_seconds == 300
    )
    error_message = "By default a start is tried 185 times in a day: long after the next ones."
  }

  assert {
    condition     = one(aws_scheduler_schedule.this.target[0].dead_letter_config).arn == aws_sqs_queue.dead_letters.arn
    error_message = "A start that came to nothing vanishes."
  }
}

run "a_schedule_that_is_off_starts_nothing_and_alarms_nobody" {
  command = plan

  variables {
    schedule_enabled = false
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "DISABLED" && !aws_cloudwatch_metric_alarm.freshness.actions_enabled
    error_message = "Who switches the schedule off knows that nothing is loaded."
  }
}
