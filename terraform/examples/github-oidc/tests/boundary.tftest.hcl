# An apply makes roles, and none that may do more than the pipeline.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "a_role_that_an_apply_makes_or_widens_is_inside_the_boundary" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.make["roles"].policy).Statement :
      try(statement.Condition.StringEquals["iam:PermissionsBoundary"] == aws_iam_policy.boundary.arn, false)
      if length(setintersection(flatten([statement.Action]), ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"])) > 0
    ])
    error_message = "A job could make an administrator and take its role."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.make["roles"].policy).Statement : statement.Condition.ArnEquals
      if contains(flatten([statement.Action]), "iam:AttachRolePolicy")
    ] == [{ "iam:PolicyARN" = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole" }]
    error_message = "The module attaches one policy, and AWS has many that allow more."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.make["roles"].policy).Statement : statement.Condition
      if contains(flatten([statement.Action]), "iam:PassRole")
      ] == [{
        StringEquals = { "iam:PassedToService" = ["lambda.amazonaws.com", "monitoring.rds.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"] }
    }]
    error_message = "A role is for the services that the module hands one to."
  }
}

run "an_apply_changes_no_boundary_and_no_role_but_the_pipelines" {
  assert {
    condition = toset(flatten([
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "iam:") || action == "*"])
      ])) == toset([
      "arn:aws:iam::123456789012:policy/starlift-totesys-operator",
      "arn:aws:iam::123456789012:role/aws-service-role/rds.amazonaws.com/*",
      "arn:aws:iam::123456789012:role/starlift-totesys-*",
    ])
    error_message = "A job that may change its own role or the boundary may do everything."
  }

  assert {
    condition = alltrue(flatten([
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) :
      [for action in flatten([statement.Action]) : !can(regex("^(\\*|iam:(\\*|.*\\*|.*Boundary.*))$", action))]
    ]))
    error_message = "A role whose boundary can be taken away has none."
  }

  assert {
    condition = alltrue([
      for name in concat([for role in aws_iam_role.this : role.name], [aws_iam_policy.boundary.name]) :
      startswith(name, "starlift-github-totesys-")
    ])
    error_message = "What begins with starlift-totesys- is in reach of the apply."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.make["roles"].policy).Statement : statement.Condition
      if contains(flatten([statement.Action]), "iam:CreateServiceLinkedRole")
    ] == [{ StringEquals = { "iam:AWSServiceName" = "rds.amazonaws.com" } }]
    error_message = "Of the services' own roles an apply needs that of RDS."
  }
}

run "a_pipeline_that_is_named_like_these_roles_is_refused" {
  command = plan
  variables { pipeline = "github-x" }
  expect_failures = [var.pipeline]
}

run "the_boundary_gives_nothing_that_makes_roles_or_is_not_the_pipelines" {
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement :
      [for action in flatten([statement.Action]) : !strcontains(action, "*") && !startswith(action, "iam:") && !startswith(action, "sts:")]
    ]))
    error_message = "Inside this boundary a role could make one outside of it."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid if contains(flatten([statement.Resource]), "*")
    ]) == toset(["UseUnnamed"])
    error_message = "What has a name is named."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement :
      [for resource in flatten([statement.Resource]) : "${resource} if ${jsonencode(try(statement.Condition.StringEquals, {}))}"]
      if contains(flatten([statement.Action]), "secretsmanager:GetSecretValue")
      ])) == toset([
      "arn:aws:secretsmanager:eu-west-2:123456789012:secret:Project-?????? if {}",
      "arn:aws:secretsmanager:eu-west-2:123456789012:secret:administrator-?????? if {}",
      "arn:aws:secretsmanager:eu-west-2:123456789012:secret:rds!db-* if {\"aws:ResourceTag/aws:rds:primaryDBInstanceArn\":\"arn:aws:rds:eu-west-2:123456789012:db:starlift-totesys-warehouse\"}",
    ])
    error_message = "A role could read secrets that are not the pipeline's."
  }
}
