# What is planned, with a provider that makes nothing. `terraform test` runs it.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "totesys"
  # Any files do: nothing runs here.
  lambda_zips        = { ingest = "main.tf", transform = "main.tf", load = "main.tf" }
  secrets            = { source = "Project", warehouse = "warehouse-db-credentials", migrator = "warehouse-db-migrator" }
  vpc_id             = "vpc-0"
  subnet_ids         = ["subnet-0", "subnet-1"]
  route_table_ids    = ["rtb-0"]
  source_database    = { security_group_id = "sg-0" }
  warehouse_database = { security_group_id = "sg-1" }
}

run "transform_is_outside_the_vpc_and_the_others_are_inside" {
  command = apply

  assert {
    condition     = length(aws_lambda_function.this["transform"].vpc_config) == 0
    error_message = "Transform reads no database: it belongs outside the VPC."
  }

  assert {
    condition     = alltrue([for function in ["ingest", "load"] : length(aws_lambda_function.this[function].vpc_config) == 1])
    error_message = "Ingest and load reach their databases only from inside the VPC."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.architectures) == "arm64" && function.publish])
    error_message = "The functions are built for arm64 and published by default."
  }
}

run "the_state_machine_is_the_one_of_the_repository_and_invokes_aliases" {
  command = apply

  assert {
    condition = length(setsubtract(
      keys(jsondecode(file("../statemachine/pipeline.asl.json")).States),
      keys(jsondecode(aws_sfn_state_machine.this.definition).States),
    )) == 0
    error_message = "A state is missing."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.Ingest.Arguments.FunctionName == aws_lambda_alias.live["ingest"].arn
    error_message = "The state machine has to invoke the alias, so that a hot fix reaches what is redriven."
  }

  assert {
    condition     = !can(regex("[$][{]", aws_sfn_state_machine.this.definition))
    error_message = "A placeholder has no value."
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this.target[0].input).StateMachineArn == aws_sfn_alias.live.arn
    error_message = "The schedule has to start the published version."
  }
}

run "no_statement_has_a_placeholder_left" {
  command = apply

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.function : !can(regex("[$][{]", policy.policy)) && can(jsondecode(policy.policy))])
    error_message = "A placeholder of a function's policy has no value."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.zone["control"].policy).Statement[*].Sid == ["RefusePlaintext", "CreateRecordsOnly"]
    error_message = "The control bucket refuses plaintext, and records that are not only created."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.zone["ingest"].policy).Statement[*].Sid == ["RefusePlaintext"]
    error_message = "Every bucket refuses plaintext."
  }
}

run "nothing_expires_unless_it_is_asked_for" {
  command = apply

  assert {
    condition     = length(flatten([for zone in aws_s3_bucket_lifecycle_configuration.zone : [for rule in zone.rule : rule.expiration if rule.id == "age"]])) == 0
    error_message = "Raw objects expire by default, and with them the way back to a lost warehouse."
  }
}

run "what_expires_is_raw_and_processed_and_no_record" {
  command = apply

  variables {
    raw_expiry_days = 400
  }

  assert {
    condition     = [for zone, rules in aws_s3_bucket_lifecycle_configuration.zone : zone if length(flatten([for rule in rules.rule : rule.expiration if rule.id == "age"])) > 0] == ["ingest", "processed"]
    error_message = "Only the zones ingest and processed expire."
  }
}

run "what_expires_first_is_not_moved_before" {
  command = apply

  variables {
    raw_expiry_days = 30
  }

  assert {
    condition     = length(flatten([for rule in aws_s3_bucket_lifecycle_configuration.zone["ingest"].rule : rule.transition])) == 0
    error_message = "S3 refuses a transition that is not before the expiry."
  }
}

run "the_endpoint_of_secrets_manager_is_nobody_elses_door" {
  command = apply

  assert {
    condition     = !aws_vpc_endpoint.secrets[0].private_dns_enabled
    error_message = "By the name of everybody, everybody else in the VPC would come to an endpoint that lets in two functions."
  }

  assert {
    condition = [
      for function in ["ingest", "load", "transform"] : function
      if try(aws_lambda_function.this[function].environment[0].variables.AWS_ENDPOINT_URL_SECRETS_MANAGER, "") == "https://vpce-0.secretsmanager.example"
    ] == ["ingest", "load"]
    error_message = "Ingest and load have to know the endpoint by its own name."
  }
}

run "the_logs_of_the_warehouse_that_is_made_are_kept_as_all_others" {
  command = apply

  variables {
    warehouse_database = null
    warehouse          = {}
  }

  assert {
    condition = alltrue([
      for group in aws_cloudwatch_log_group.warehouse : group.retention_in_days == var.log_retention_days && group.kms_key_id == aws_kms_key.this[0].arn
    ]) && length(aws_cloudwatch_log_group.warehouse) == 2
    error_message = "RDS makes these groups itself when they are not there: without the key, for ever, and not to be destroyed."
  }
}

run "a_lost_schedule_is_noticed" {
  command = apply

  assert {
    condition     = aws_cloudwatch_metric_alarm.freshness.treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.freshness.actions_enabled
    error_message = "A schedule that never fires leaves no metric: its absence has to alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.freshness.evaluation_periods * aws_cloudwatch_metric_alarm.freshness.period == 2700
    error_message = "45 minutes are the default."
  }
}

run "a_schedule_that_is_off_alarms_nobody" {
  command = apply

  variables {
    schedule_enabled = false
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "DISABLED" && !aws_cloudwatch_metric_alarm.freshness.actions_enabled
    error_message = "Who switches the schedule off knows that nothing is loaded."
  }
}

run "the_warehouse_that_is_made_is_closed" {
  command = apply

  variables {
    warehouse_database = null
    warehouse          = {}
    create_secrets     = true
    migrate            = false

    warehouse_managed_roles = false
    schedule_enabled        = false
  }

  assert {
    condition = alltrue([
      for made in aws_db_instance.warehouse :
      made.storage_encrypted && made.deletion_protection && !made.publicly_accessible && made.manage_master_user_password
    ])
    error_message = "The warehouse has to be encrypted, protected and private, and its password unknown to Terraform."
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.warehouse["this"].parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "The warehouse has to refuse plaintext."
  }

  assert {
    condition     = length(aws_lambda_invocation.migrate) == 0 && length(aws_secretsmanager_secret.this) == 3
    error_message = "With empty secrets nothing can be migrated."
  }
}

run "every_chart_names_metrics_with_their_dimensions" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for metric in try(widget.properties.metrics, []) :
        # A name has text only; how a metric is shown, or what is computed of others, is an object at the end.
        can(metric[0].expression) || (length([for name in metric : name if can(tostring(name))]) >= 4 && length([for name in metric : name if can(tostring(name))]) % 2 == 0)
      ]
    ]))
    error_message = "A metric is a namespace, a name, and pairs of dimensions."
  }
}

run "who_logs_in_by_a_token_may_do_so_as_that_user_only" {
  command = apply

  variables {
    iam_connections = { warehouse = { host = "db.example", username = "loader", dbname = "warehouse", resource_id = "db-ABC" } }
  }

  assert {
    condition     = keys(aws_iam_role_policy.token) == ["warehouse"]
    error_message = "Only who is named logs in by a token."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.token["warehouse"].policy).Statement[0].Resource
      == "arn:aws:rds-db:eu-west-2:111122223333:dbuser:db-ABC/loader"
    )
    error_message = "A token is for one user of one database."
  }

  assert {
    condition = (
      jsondecode(aws_lambda_function.this["load"].environment[0].variables.STARLIFT_CONNECTIONS)
      == { "warehouse-db-credentials" = { host = "db.example", port = 5432, username = "loader", dbname = "warehouse" } }
    )
    error_message = "Load has to know the connection that has no secret, and by which name pipeline.toml asks for it."
  }

  assert {
    condition     = toset(keys(data.aws_secretsmanager_secret.this)) == toset(["Project", "warehouse-db-migrator"])
    error_message = "A connection by tokens has no secret."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.function["load"].policy).Statement[*].Sid, "ReadMigratorSecret") && !contains(jsondecode(aws_iam_role_policy.function["load"].policy).Statement[*].Sid, "ReadWarehouseSecret")
    error_message = "Load may read the secrets that there are, and no other."
  }
}

run "without_passwords_there_is_no_way_to_secrets_manager" {
  command = apply

  variables {
    iam_connections = {
      source    = { host = "source.example", username = "ingest", dbname = "shop", resource_id = "db-SRC" }
      warehouse = { host = "db.example", username = "loader", dbname = "warehouse", resource_id = "db-ABC" }
      migrator  = { host = "db.example", username = "migrator", dbname = "warehouse", resource_id = "db-ABC" }
    }
  }

  assert {
    condition = (
      length(aws_vpc_endpoint.secrets) + length(aws_vpc_security_group_egress_rule.secrets) + length(aws_security_group.secrets_endpoint)
      + length(data.aws_secretsmanager_secret.this)
    ) == 0
    error_message = "The endpoint costs money and is one more door: it is for passwords only."
  }

  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy.function : alltrue([
        for statement in jsondecode(policy.policy).Statement : !contains(flatten([statement.Action]), "secretsmanager:GetSecretValue")
      ])
    ])
    error_message = "Nobody has a secret to read."
  }
}

run "one_password_opens_the_way_for_its_function_only" {
  command = apply

  variables {
    iam_connections = {
      warehouse = { host = "db.example", username = "loader", dbname = "warehouse", resource_id = "db-ABC" }
      migrator  = { host = "db.example", username = "migrator", dbname = "warehouse", resource_id = "db-ABC" }
    }
  }

  assert {
    condition     = keys(aws_vpc_security_group_egress_rule.secrets) == ["ingest"] && length(aws_vpc_endpoint.secrets) == 1
    error_message = "Only ingest has a password to read."
  }
}

run "apply_makes_the_logins_of_the_warehouse_that_it_makes" {
  command = apply

  variables {
    warehouse_database = null
    warehouse          = {}
  }

  assert {
    condition = jsondecode(aws_lambda_invocation.migrate[0].input) == {
      action        = "migrate"
      administrator = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:rds!db-0-AbCdEf"
    }
    error_message = "The migration has to be told who may make the logins."
  }

  assert {
    condition = jsondecode(aws_lambda_function.this["load"].environment[0].variables.STARLIFT_CONNECTIONS) == {
      "warehouse-db-credentials" = { host = "warehouse.example", port = 5432, username = "starlift_load", dbname = "warehouse" }
      "warehouse-db-migrator"    = { host = "warehouse.example", port = 5432, username = "starlift_migrate", dbname = "warehouse" }
    }
    error_message = "Load logs in to the warehouse that was made, as two users."
  }

  assert {
    condition     = keys(data.aws_secretsmanager_secret.this) == ["Project"] && keys(aws_vpc_security_group_egress_rule.secrets) == ["ingest", "load"]
    error_message = "The source has a password; load reads its administrator's."
  }
}

run "a_warehouse_of_ones_own_has_its_logins_made_by_its_administrator" {
  command = apply

  variables {
    warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
  }

  assert {
    condition = (
      jsondecode(aws_lambda_invocation.migrate[0].input).administrator == var.warehouse_administrator_secret_arn
      && jsondecode(aws_iam_role_policy.administrator[0].policy).Statement[0].Resource == var.warehouse_administrator_secret_arn
    )
    error_message = "Load has to be told the secret, and allowed to read it."
  }
}

run "an_alert_says_what_to_do_with_which_execution" {
  command = apply

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail.stateMachineArn == [aws_sfn_state_machine.this.arn]
    error_message = "Alerts are about this pipeline and no other."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_event_target.failed.input_transformer[0].input_template, "\"cause\":<cause>")
    error_message = "A cause has quotation marks of its own: it has to stand without any."
  }

  assert {
    condition = can(jsondecode(replace(
      aws_cloudwatch_event_target.failed.input_transformer[0].input_template, "/:<[a-z]+>/", ":\"a cause with \\\"quotation marks\\\"\""
    )))
    error_message = "What EventBridge puts together has to be JSON."
  }
}
