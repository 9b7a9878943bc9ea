# Who may take which role, and that the role of pull requests reads settings and no data. What an apply may do is in the other files.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "each_role_trusts_its_own_jobs_and_no_pattern" {
  assert {
    condition = jsondecode(aws_iam_role.this["deploy"].assume_role_policy).Statement == [{
      Sid       = "TrustJobs"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = ["repo:example/warehouse:environment:production"]
        }
      }
    }]
    error_message = "Only jobs of the protected environment may deploy."
  }

  assert {
    condition = jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == [
      "repo:example/warehouse:pull_request", "repo:example/warehouse:ref:refs/heads/main",
    ]
    error_message = "Jobs of pull requests and of main plan, and no others."
  }
}

run "a_repository_that_is_named_by_ids_too_is_trusted_by_just_these" {
  variables { repository = "example@123456/warehouse@456789" }

  assert {
    condition = {
      for job, role in aws_iam_role.this :
      job => jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]
      } == {
      deploy = ["repo:example@123456/warehouse@456789:environment:production"]
      plan   = ["repo:example@123456/warehouse@456789:pull_request", "repo:example@123456/warehouse@456789:ref:refs/heads/main"]
    }
    error_message = "GitHub writes the ids into the tokens of newer repositories, and IAM compares word for word."
  }
}

run "a_pattern_of_repositories_is_refused" {
  command = plan
  variables { repository = "example/*" }
  expect_failures = [var.repository]
}

run "a_repository_with_the_id_of_its_owner_only_is_refused" {
  command = plan
  variables { repository = "example@123456/warehouse" }
  expect_failures = [var.repository]
}

run "a_second_pipeline_has_roles_of_its_own_and_the_provider_of_the_first" {
  variables {
    pipeline        = "shop"
    create_provider = false
  }

  assert {
    condition     = toset([for role in aws_iam_role.this : role.name]) == toset(["starlift-github-shop-plan", "starlift-github-shop-deploy"])
    error_message = "The names of another pipeline's roles are taken."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && local.provider_arn == data.aws_iam_openid_connect_provider.github[0].arn
    error_message = "An account has one provider of GitHub's tokens."
  }
}

run "a_plan_changes_nothing_and_reads_no_object_but_the_state" {
  assert {
    condition     = aws_iam_role_policy_attachment.read["plan"].policy_arn == aws_iam_policy.read.arn && alltrue([for policy in aws_iam_role_policy.make : policy.role == aws_iam_role.this["deploy"].id])
    error_message = "What makes and changes is for the apply only."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_policy.read.policy).Statement :
      [for action in flatten([statement.Action]) : can(regex("^([a-z0-9]+:(Get|List|Describe|Validate)|kms:Decrypt$)", action))]
    ]))
    error_message = "The role of pull requests may read only."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_policy.read.policy).Statement :
      [for action in flatten([statement.Action]) : !can(regex("^ec2:.*(\\*|Instance|LaunchTemplate)", action))]
    ]))
    error_message = "What machines boot with may hold passwords."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_policy.read.policy).Statement :
      flatten([statement.Resource]) if contains(flatten([statement.Action]), "s3:GetObject")
    ]) == ["arn:aws:s3:::example-terraform/starlift/terraform.tfstate"]
    error_message = "Rows lie in the other objects."
  }

  assert {
    condition = alltrue([
      for action in ["secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents"] :
      !strcontains(aws_iam_policy.read.policy, action)
    ])
    error_message = "Neither secrets nor lines of logs are what a plan needs."
  }
}

run "a_plan_decrypts_only_what_the_pipelines_functions_and_schedule_are_set_to" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.read.policy).Statement : [statement.Resource, statement.Condition]
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "kms:Decrypt")])
      ] == [[
        aws_kms_key.this.arn,
        { StringEquals = { "kms:ViaService" = ["lambda.eu-west-2.amazonaws.com", "scheduler.eu-west-2.amazonaws.com"] } },
    ]]
    error_message = "Objects and secrets are under the same key."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.read.policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "lambda:") || action == "scheduler:GetSchedule"])
      ])) == toset([
      "arn:aws:lambda:eu-west-2:123456789012:function:starlift-totesys-*",
      "arn:aws:scheduler:eu-west-2:123456789012:schedule/starlift-totesys/*",
    ])
    error_message = "Other functions of the account have settings too, and theirs may be secret."
  }
}
