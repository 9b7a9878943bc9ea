# The key of all that is kept, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  warehouse_database      = null
  warehouse               = {}
  warehouse_managed_roles = false
  create_secrets          = true
  migrate                 = false
  schedule_enabled        = false
}

run "what_is_kept_is_encrypted_with_the_pipelines_key" {
  command = plan

  assert {
    condition = toset(concat(
      values(aws_cloudwatch_log_group.function)[*].kms_key_id,
      values(aws_cloudwatch_log_group.warehouse)[*].kms_key_id,
      values(aws_lambda_function.this)[*].kms_key_arn,
      values(aws_secretsmanager_secret.this)[*].kms_key_id,
      [aws_cloudwatch_log_group.state_machine.kms_key_id, aws_sns_topic.alerts.kms_master_key_id, aws_scheduler_schedule.this.kms_key_arn],
      flatten([
        for made in aws_db_instance.warehouse : [made.kms_key_id, made.master_user_secret_kms_key_id, made.performance_insights_kms_key_id]
      ]),
    )) == toset([aws_kms_key.this[0].arn])
    error_message = "Something is encrypted with another key, or with none."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.sqs_managed_sse_enabled && aws_kms_key.this[0].enable_key_rotation
    error_message = "Dead letters are not encrypted, or the key is never rotated."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_kms_key.this[0].policy).Statement : statement.Sid if strcontains(jsonencode(statement.Action), "*")
    ]) == toset(["EncryptLogs", "LeaveItToPolicies", "PublishAlerts"])
    error_message = "The key's policy gives more than it has to."
  }
}

run "a_key_of_ones_own_takes_the_place_of_the_pipelines" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-2:111122223333:key/11111111-1111-1111-1111-111111111111"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && aws_sns_topic.alerts.kms_master_key_id == var.kms_key_arn && output.kms_key_arn == var.kms_key_arn
    error_message = "The key that is named is not used."
  }
}
