# What a security review asks, with a provider that makes nothing. `terraform test` runs it.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "totesys"
  lambda_zips        = { ingest = "main.tf", transform = "main.tf", load = "main.tf" }
  secrets            = { source = "Project", warehouse = "warehouse-db-credentials", migrator = "warehouse-db-migrator" }
  vpc_id             = "vpc-0"
  subnet_ids         = ["subnet-0", "subnet-1"]
  route_table_ids    = ["rtb-0"]
  source_database    = { cidr = "10.1.2.3/32" }
  warehouse_database = { security_group_id = "sg-1" }
  iam_connections    = { warehouse = { host = "db.example", username = "loader", dbname = "warehouse", resource_id = "db-ABC" } }

  warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
}

run "only_actions_that_aws_binds_to_no_resource_are_allowed_on_all" {
  command = apply

  # A function's network interfaces and traces, the deliveries of execution logs and the list of state machines have no ARN to name.
  assert {
    condition = toset([
      for statement in flatten([
        for policy in concat(
          values(aws_iam_role_policy.function)[*].policy,
          values(aws_iam_role_policy.token)[*].policy,
          aws_iam_role_policy.administrator[*].policy,
          [aws_iam_role_policy.state_machine.policy, aws_iam_role_policy.scheduler.policy, aws_iam_policy.operator.policy],
          [aws_sns_topic_policy.alerts.policy, aws_sqs_queue_policy.dead_letters.policy, aws_vpc_endpoint.secrets[0].policy],
        ) : jsondecode(policy).Statement
      ]) : statement.Sid
      if statement.Effect == "Allow" && contains(flatten([statement.Resource]), "*")
    ]) == toset(["DeliverLogs", "FindStateMachines", "JoinNetwork", "Trace"])
    error_message = "A statement allows its actions on everything: name the ARN."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(
        values(aws_iam_role_policy.function)[*].policy,
        values(aws_iam_role_policy.token)[*].policy,
        aws_iam_role_policy.administrator[*].policy,
        [aws_iam_role_policy.state_machine.policy, aws_iam_role_policy.scheduler.policy, aws_iam_policy.operator.policy],
        [aws_sns_topic_policy.alerts.policy, aws_sqs_queue_policy.dead_letters.policy, aws_vpc_endpoint.secrets[0].policy],
        ) : [
        for statement in jsondecode(policy).Statement :
        statement.Effect == "Deny" || !strcontains(jsonencode(statement.Action), "*")
      ]
    ]))
    error_message = "An action has an asterisk: name each."
  }
}

run "what_is_behind_an_asterisk_is_named_up_to_the_bucket_the_group_or_the_state_machine" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.function)[*].policy, [aws_iam_policy.operator.policy]) : [
        for statement in jsondecode(policy).Statement : [
          for resource in flatten([statement.Resource]) :
          can(regex("^arn:aws:(s3:::bucket/|logs:[^*]+:log-group:group:|states:[^*]+:execution:starlift-totesys:)", resource))
          if strcontains(resource, "*") && resource != "*"
        ] if statement.Effect == "Allow"
      ]
    ]))
    error_message = "An asterisk stands for more than objects of a bucket, streams of a log group or executions of the state machine."
  }
}

run "the_key_is_used_only_by_way_of_the_services_that_encrypt_with_it" {
  command = apply

  assert {
    condition = alltrue([
      for policy in values(aws_iam_role_policy.function)[*].policy :
      alltrue([
        for statement in jsondecode(policy).Statement :
        alltrue([for service in statement.Condition.StringEquals["kms:ViaService"] : endswith(service, ".eu-west-2.amazonaws.com")])
        if startswith(flatten([statement.Action])[0], "kms:")
      ])
    ])
    error_message = "A function could decrypt by itself: bind its use of the key by kms:ViaService."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : statement.Condition.StringEquals
      if startswith(flatten([statement.Action])[0], "kms:")
    ] == [{ "kms:EncryptionContext:aws:scheduler:schedule:arn" = "arn:aws:scheduler:eu-west-2:111122223333:schedule/starlift-totesys/starlift-totesys" }]
    error_message = "The schedule's role could decrypt more than the schedule."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_kms_key.this[0].policy).Statement : statement.Sid if strcontains(jsonencode(statement.Action), "*")
    ]) == toset(["EncryptLogs", "LeaveItToPolicies", "PublishAlerts"])
    error_message = "The key's policy gives more than it has to."
  }
}

run "every_bucket_refuses_plaintext_and_the_public" {
  command = apply

  assert {
    condition = alltrue([
      for zone, bucket in aws_s3_bucket_policy.zone : anytrue([
        for statement in jsondecode(bucket.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && length(statement.Resource) == 2
        && try(statement.Condition.Bool["aws:SecureTransport"] == "false", false)
      ])
    ]) && length(aws_s3_bucket_policy.zone) == 3
    error_message = "A bucket takes requests without TLS."
  }

  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.zone :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.zone) == 3
    error_message = "A bucket could be made public."
  }

  assert {
    condition = alltrue([
      for bucket in aws_s3_bucket_server_side_encryption_configuration.zone :
      one(bucket.rule).bucket_key_enabled && one(one(bucket.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    ]) && alltrue([for bucket in aws_s3_bucket_versioning.zone : one(bucket.versioning_configuration).status == "Enabled"])
    error_message = "A bucket is not encrypted with the key, or keeps no versions."
  }
}

run "a_step_waits_longer_than_its_function_may_take" {
  command = apply

  # The first is the execution's, the others are those of the five tasks.
  assert {
    condition     = length(regexall("\"TimeoutSeconds\": *[0-9]+", aws_sfn_state_machine.this.definition)) == 6
    error_message = "A task has no time-out of its own: it would wait for as long as the execution."
  }

  assert {
    condition = alltrue([
      for found in regexall("\"TimeoutSeconds\": *([0-9]+)", aws_sfn_state_machine.this.definition) :
      tonumber(found[0]) > max(values(aws_lambda_function.this)[*].timeout...)
    ])
    error_message = "A task gives up before its function does: a second invocation would run beside the first."
  }
}

run "the_state_machine_invokes_three_aliases_and_nothing_else" {
  command = apply

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.state_machine.policy).Statement : toset(flatten([statement.Resource]))
      if contains(flatten([statement.Action]), "lambda:InvokeFunction")
    ] == [toset(values(aws_lambda_alias.live)[*].arn)]
    error_message = "The state machine may invoke something that is not one of the three aliases."
  }

  assert {
    condition     = alltrue([for found in regexall("\"FunctionName\": *\"([^\"]+)\"", aws_sfn_state_machine.this.definition) : endswith(found[0], ":live")])
    error_message = "A task invokes a function and not its alias: a hot fix would not reach what is redriven."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "states:StartExecution")
    ] == [aws_sfn_state_machine.this.arn]
    error_message = "The schedule may start something that is not this state machine."
  }
}

run "nothing_gets_out_but_to_a_database_s3_and_the_secrets" {
  command = apply

  assert {
    condition = toset([
      for rule in concat(values(aws_vpc_security_group_egress_rule.database), values(aws_vpc_security_group_egress_rule.s3), values(aws_vpc_security_group_egress_rule.secrets), [aws_vpc_security_group_egress_rule.bi]) :
      rule.cidr_ipv4 if rule.cidr_ipv4 != null
    ]) == toset(["10.1.2.3/32"])
    error_message = "A function can reach addresses that are not those of its database."
  }

  assert {
    condition = alltrue([
      for rule in concat(values(aws_vpc_security_group_egress_rule.database), values(aws_vpc_security_group_egress_rule.s3), values(aws_vpc_security_group_egress_rule.secrets), [aws_vpc_security_group_egress_rule.bi]) :
      rule.ip_protocol == "tcp" && rule.from_port == rule.to_port && rule.cidr_ipv6 == null
      && length(compact([rule.cidr_ipv4, rule.referenced_security_group_id, rule.prefix_list_id])) == 1
    ])
    error_message = "A way out is wider than one port of one destination."
  }

  assert {
    condition = alltrue([
      for group in [aws_security_group.ingest, aws_security_group.load, aws_security_group.bi, aws_security_group.secrets_endpoint[0]] :
      length(coalesce(group.egress, [])) == 0 && length(coalesce(group.ingress, [])) == 0
    ])
    error_message = "A rule stands in a group itself, where nobody looks for it."
  }
}

run "what_is_kept_is_encrypted_with_the_key" {
  command = apply

  assert {
    condition = toset(concat(
      values(aws_cloudwatch_log_group.function)[*].kms_key_id,
      values(aws_lambda_function.this)[*].kms_key_arn,
      [aws_cloudwatch_log_group.state_machine.kms_key_id, aws_sns_topic.alerts.kms_master_key_id, aws_scheduler_schedule.this.kms_key_arn],
    )) == toset([aws_kms_key.this[0].arn])
    error_message = "Something is encrypted with another key, or with none."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.sqs_managed_sse_enabled && aws_kms_key.this[0].enable_key_rotation
    error_message = "Dead letters are not encrypted, or the key is never rotated."
  }
}
