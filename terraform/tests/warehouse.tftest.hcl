# The warehouse that is made, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  warehouse_database = null
  warehouse          = {}
}

run "the_warehouse_that_is_made_is_closed" {
  command = plan

  assert {
    condition = alltrue([
      for made in aws_db_instance.warehouse :
      made.storage_encrypted && made.deletion_protection && !made.publicly_accessible && made.manage_master_user_password
      && made.iam_database_authentication_enabled
    ])
    error_message = "The warehouse has to be encrypted, protected and private, its password unknown to Terraform, and open to tokens."
  }

  assert {
    condition     = length(coalesce(aws_security_group.warehouse[0].egress, [])) == 0 && length(coalesce(aws_security_group.warehouse[0].ingress, [])) == 0
    error_message = "A rule stands in the group itself, where nobody looks for it."
  }
}

run "the_warehouse_that_is_made_takes_loads_and_logs_no_value" {
  command = plan

  # log_statement is not among them: it would write a password down when somebody changes it.
  assert {
    condition = { for parameter in aws_db_parameter_group.warehouse["this"].parameter : parameter.name => parameter.value } == {
      "rds.force_ssl"              = "1"
      "max_wal_size"               = "8192"
      "checkpoint_timeout"         = "900"
      "maintenance_work_mem"       = "524288"
      "log_min_duration_statement" = "1000"
      "log_parameter_max_length"   = "0"
      "log_error_verbosity"        = "terse"
      "log_min_error_statement"    = "panic"
    }
    error_message = "The warehouse refuses plaintext, has room for a load, and logs no value of a row, no parameter and no statement that failed."
  }

  assert {
    condition = [
      for parameter in aws_db_parameter_group.warehouse["this"].parameter : parameter.name if parameter.apply_method == "pending-reboot"
    ] == ["rds.force_ssl"]
    error_message = "Of its default RDS keeps the way of applying, so that any other would be planned again and again."
  }
}

run "the_logs_of_the_warehouse_that_is_made_are_kept_as_all_others" {
  command = plan


  assert {
    condition = alltrue([
      for group in aws_cloudwatch_log_group.warehouse : group.retention_in_days == var.log_retention_days && group.kms_key_id == aws_kms_key.this[0].arn
    ]) && length(aws_cloudwatch_log_group.warehouse) == 2
    error_message = "RDS makes these groups itself when they are not there: without the key, for ever, and not to be destroyed."
  }
}

run "with_empty_secrets_nothing_is_migrated" {
  command = plan

  variables {
    create_secrets          = true
    migrate                 = false
    warehouse_managed_roles = false
    schedule_enabled        = false
  }

  assert {
    condition     = length(aws_lambda_invocation.migrate) == 0 && length(aws_secretsmanager_secret.this) == 3
    error_message = "With empty secrets nothing can be migrated."
  }
}

run "bi_tools_are_let_to_the_warehouse_by_a_group" {
  command = plan

  assert {
    condition = [
      for rule in aws_vpc_security_group_ingress_rule.bi : "${rule.referenced_security_group_id} to ${rule.security_group_id}"
    ] == ["${output.bi_security_group_id} to sg-warehouse"]
    error_message = "Who has the group that is said cannot reach the warehouse."
  }
}
