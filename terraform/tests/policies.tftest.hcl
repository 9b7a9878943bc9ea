# Who may do what, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "a_function_may_do_what_its_template_says_to_the_things_that_this_names" {
  command = plan

  assert {
    condition = [
      for function, policy in aws_iam_role_policy.function : function
      if jsonencode([
        for statement in jsondecode(policy.policy).Statement : merge(statement, { Resource = flatten([statement.Resource]) })
        ]) != jsonencode([
        for statement in jsondecode(templatefile("policies/${function}.json", {
          ingest_bucket_arn    = "arn:aws:s3:::ingest"
          processed_bucket_arn = "arn:aws:s3:::processed"
          control_bucket_arn   = "arn:aws:s3:::control"
          source_secret_arn    = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:Project-AbCdEf"
          warehouse_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:warehouse-db-credentials-AbCdEf"
          migrator_secret_arn  = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:warehouse-db-migrator-AbCdEf"
          kms_key_arn          = aws_kms_key.this[0].arn
          region               = "eu-west-2"
          function_arn         = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-${function}"
          log_group_arn        = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/starlift-totesys-${function}"
        })).Statement : merge(statement, { Resource = flatten([statement.Resource]) })
      ])
    ] == []
    error_message = "A policy has a placeholder left, or names one thing in the place of another."
  }
}

run "only_actions_that_aws_binds_to_no_resource_are_allowed_on_all" {
  command = plan

  variables {
    iam_connections                    = { warehouse = { host = "db.example", username = "loader", dbname = "warehouse", resource_id = "db-ABC" } }
    warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
  }

  # A function's network interfaces and traces, the deliveries of execution logs and the list of state machines have no ARN to name.
  assert {
    condition = toset(flatten([
      for who, policy in merge(
        { for function, made in aws_iam_role_policy.function : function => made.policy },
        { for use, made in aws_iam_role_policy.token : "token of ${use}" => made.policy },
        {
          administrator   = aws_iam_role_policy.administrator[0].policy
          states          = aws_iam_role_policy.state_machine.policy
          schedule        = aws_iam_role_policy.scheduler.policy
          operator        = aws_iam_policy.operator.policy
          alerts          = aws_sns_topic_policy.alerts.policy
          "dead letters"  = aws_sqs_queue_policy.dead_letters.policy
          "way to secret" = aws_vpc_endpoint.secrets[0].policy
        },
        ) : [
        for statement in jsondecode(policy).Statement : [for action in flatten([statement.Action]) : "${who} ${action}"]
        if statement.Effect == "Allow" && (contains(flatten([statement.Resource]), "*") || strcontains(jsonencode(statement.Action), "*"))
      ]
      ])) == toset(concat(
      [
        for pair in setproduct(["ingest", "load"], [
          "AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets",
          "UnassignPrivateIpAddresses",
        ]) : join(" ec2:", pair)
      ],
      [for pair in setproduct(["ingest", "load", "transform", "states"], ["PutTelemetryRecords", "PutTraceSegments"]) : join(" xray:", pair)],
      ["states xray:GetSamplingRules", "states xray:GetSamplingTargets"],
      [
        for action in [
          "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries",
          "PutResourcePolicy", "UpdateLogDelivery",
        ] : "states logs:${action}"
      ],
      ["operator states:ListStateMachines"],
    ))
    error_message = "A statement allows an action on everything, or every action of a kind: name the ARN, and each action."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.function)[*].policy, [aws_iam_policy.operator.policy]) : [
        for statement in jsondecode(policy).Statement : [
          for resource in flatten([statement.Resource]) :
          can(regex("^arn:aws:(s3:::(ingest|processed|control)/|logs:[^*]+:log-group:/aws/lambda/[^*]+:|states:[^*]+:execution:starlift-totesys:)", resource))
          if strcontains(resource, "*") && resource != "*"
        ] if statement.Effect == "Allow"
      ]
    ]))
    error_message = "An asterisk stands for more than objects of a bucket, streams of a log group or executions of the state machine."
  }
}

run "a_function_joins_the_network_and_its_code_may_not" {
  command = plan

  assert {
    condition = jsonencode({
      for function, policy in aws_iam_role_policy.function : function => [
        for statement in jsondecode(policy.policy).Statement : [sort(statement.Action), statement.Resource, statement.Condition]
        if statement.Effect == "Deny"
      ]
      }) == jsonencode(merge({ transform = [] }, {
        for function in ["ingest", "load"] : function => [[
          [
            "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets", "ec2:DetachNetworkInterface", "ec2:UnassignPrivateIpAddresses",
          ],
          "*",
          { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-${function}" } },
        ]]
    }))
    error_message = "What Lambda may do with network interfaces, the code of ingest or load may do too."
  }
}

run "the_key_is_used_only_by_way_of_the_services_that_encrypt_with_it" {
  command = plan

  variables {
    secret_kms_key_arns = ["arn:aws:kms:eu-west-2:111122223333:key/22222222-2222-2222-2222-222222222222"]
  }

  assert {
    condition = jsonencode({
      for function, policy in aws_iam_role_policy.function : function => [
        for statement in jsondecode(policy.policy).Statement : [statement.Condition, statement.Resource]
        if anytrue([for action in flatten([statement.Action]) : startswith(action, "kms:")])
      ]
      }) == jsonencode({
      for function, services in { ingest = ["s3", "secretsmanager"], load = ["s3", "secretsmanager"], transform = ["s3"] } : function => [[
        { StringEquals = { "kms:ViaService" = [for service in services : "${service}.eu-west-2.amazonaws.com"] } },
        concat([aws_kms_key.this[0].arn], var.secret_kms_key_arns),
      ]]
    })
    error_message = "A function could decrypt by itself or with another key, or cannot read what it needs: bind its use of the key by kms:ViaService."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : statement.Condition.StringEquals
      if startswith(flatten([statement.Action])[0], "kms:")
    ] == [{ "kms:EncryptionContext:aws:scheduler:schedule:arn" = "arn:aws:scheduler:eu-west-2:111122223333:schedule/starlift-totesys/starlift-totesys" }]
    error_message = "The schedule's role could decrypt more than the schedule."
  }
}

run "who_operates_gets_the_policy_for_it" {
  command = plan

  assert {
    condition     = output.operator_policy_arn == aws_iam_policy.operator.arn
    error_message = "The policy that is said is another one."
  }
}
