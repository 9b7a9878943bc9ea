# Who may become which role, and that the role of pull requests reads settings and no data.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  repository    = "example/warehouse"
  pipeline      = "totesys"
  bucket_prefix = "starlift-totesys-123456789012"
  state_bucket  = "example-terraform"
}

run "each_role_trusts_its_own_jobs_and_no_pattern" {
  override_resource {
    target = aws_iam_openid_connect_provider.github
    values = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  assert {
    condition = jsondecode(aws_iam_role.this["deploy"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = ["repo:example/warehouse:environment:production"]
      }
    }
    error_message = "Only jobs of the protected environment may deploy."
  }

  assert {
    condition     = !strcontains(aws_iam_role.this["plan"].assume_role_policy, "*")
    error_message = "A pattern would trust jobs that nobody has named."
  }
}

run "a_plan_changes_nothing_and_reads_no_object_but_the_state" {
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.read["plan"].policy).Statement :
      [for action in flatten([statement.Action]) : can(regex("^([a-z0-9]+:(Get|List|Describe|Validate)|kms:Decrypt$)", action))]
    ]))
    error_message = "The role of pull requests may read only."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.read["plan"].policy).Statement :
      flatten([statement.Resource]) if contains(flatten([statement.Action]), "s3:GetObject")
    ]) == ["arn:aws:s3:::example-terraform/starlift/terraform.tfstate"]
    error_message = "Rows lie in the other objects."
  }

  assert {
    condition = alltrue([
      for action in ["secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents"] :
      !strcontains(aws_iam_role_policy.read["plan"].policy, action)
    ])
    error_message = "Neither secrets nor lines of logs are what a plan needs."
  }
}

run "a_plan_decrypts_only_what_the_pipelines_functions_and_schedule_are_set_to" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.read["plan"].policy).Statement : statement.Condition
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "kms:Decrypt")])
    ] == [{ StringEquals = { "kms:ViaService" = ["lambda.eu-west-2.amazonaws.com", "scheduler.eu-west-2.amazonaws.com"] } }]
    error_message = "Objects and secrets are under the same key."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.read["plan"].policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "lambda:") || action == "scheduler:GetSchedule"])
      ])) == toset([
      "arn:aws:lambda:eu-west-2:123456789012:function:starlift-totesys-*",
      "arn:aws:scheduler:eu-west-2:123456789012:schedule/starlift-totesys/*",
    ])
    error_message = "Other functions of the account have settings too, and theirs may be secret."
  }
}

run "an_apply_uses_keys_only_through_services" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.make.policy).Statement : can(statement.Condition.StringEquals["kms:ViaService"])
      if anytrue([for action in flatten([statement.Action]) : can(regex("^kms:(\\*|CreateGrant|Decrypt|Encrypt|GenerateDataKey)", action))])
    ])
    error_message = "Who may decrypt by the key alone can read what the pipeline keeps."
  }
}

run "an_apply_leaves_its_own_roles_alone" {
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_iam_role_policy.make.policy).Statement :
      statement.Effect == "Deny" && contains(flatten([statement.Action]), "iam:PutRolePolicy")
      && statement.Resource == "arn:aws:iam::123456789012:role/starlift-github-*"
    ])
    error_message = "A job that may change its own role may do everything."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.make.policy).Statement :
      !contains(flatten([statement.Resource]), "*") || can(statement.Condition.StringEquals["aws:RequestedRegion"])
    ])
    error_message = "What has no name is limited to the region."
  }
}

run "a_pattern_of_repositories_is_refused" {
  command = plan
  variables {
    repository = "example/*"
  }
  expect_failures = [var.repository]
}
