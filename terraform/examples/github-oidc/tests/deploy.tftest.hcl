# An apply makes a pipeline, and touches nothing that is not the pipeline's. Of roles boundary.tftest.hcl tells.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "an_apply_changes_only_the_network_that_it_has_made" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.make["network"].policy).Statement :
      statement.Resource == ["arn:aws:ec2:eu-west-2:123456789012:security-group/sg-1"]
      || try(statement.Condition.StringEquals["aws:ResourceTag/pipeline"] == "totesys", false)
      if anytrue([for action in flatten([statement.Action]) : can(regex("^ec2:(Delete(Sec|Vpc|Tags)|Revoke|ModifySec)", action))])
    ])
    error_message = "Groups, rules and endpoints of others are in its reach."
  }

  # A call that writes a rule is asked about the group first, and then about the rule, which has the tag of the call only.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.make["network"].policy).Statement :
      [for resource in flatten([statement.Resource]) : "${resource} if ${jsonencode(try(statement.Condition.StringEquals, {}))}"]
      if contains(flatten([statement.Action]), "ec2:AuthorizeSecurityGroupIngress")
      ])) == toset([
      "arn:aws:ec2:eu-west-2:123456789012:security-group-rule/* if {\"aws:RequestTag/pipeline\":\"totesys\"}",
      "arn:aws:ec2:eu-west-2:123456789012:security-group-rule/* if {\"aws:ResourceTag/pipeline\":\"totesys\"}",
      "arn:aws:ec2:eu-west-2:123456789012:security-group/* if {\"aws:ResourceTag/pipeline\":\"totesys\"}",
      "arn:aws:ec2:eu-west-2:123456789012:security-group/sg-1 if {}",
      "arn:aws:ec2:eu-west-2:123456789012:vpc-endpoint/* if {\"aws:ResourceTag/pipeline\":\"totesys\"}",
    ])
    error_message = "It could open a group that is neither its own nor that of a database."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_role_policy.make["network"].policy).Statement : jsonencode(statement.Condition)
      if contains(flatten([statement.Action]), "ec2:CreateTags")
      ]) == toset([
      jsonencode({ StringEquals = {
        "aws:RequestTag/pipeline" = "totesys"
        "ec2:CreateAction"        = ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "CreateVpcEndpoint"]
      } }),
      jsonencode({ StringEquals = { "aws:ResourceTag/pipeline" = "totesys" } }),
    ])
    error_message = "Who may tag anything can make anything its own."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.make["network"].policy).Statement :
      [for resource in flatten([statement.Resource]) : "${resource} if ${jsonencode(try(statement.Condition.StringEquals, {}))}"]
      if contains(flatten([statement.Action]), "ec2:CreateSecurityGroup")
      ])) == toset([
      "arn:aws:ec2:eu-west-2:123456789012:security-group/* if {\"aws:RequestTag/pipeline\":\"totesys\"}",
      "arn:aws:ec2:eu-west-2:123456789012:vpc-endpoint/* if {\"aws:RequestTag/pipeline\":\"totesys\"}",
      "arn:aws:ec2:eu-west-2:123456789012:vpc/vpc-0 if {}",
    ])
    error_message = "What is made without the tag, or in another VPC, is not the pipeline's."
  }
}

run "an_apply_uses_the_pipelines_key_by_services_and_does_not_change_it" {
  assert {
    condition = [
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) :
      [statement.Action, statement.Resource, keys(statement.Condition.StringEquals)]
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "kms:") || action == "*"])
    ] == [[["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], aws_kms_key.this.arn, ["kms:ViaService"]]]
    error_message = "Who may decrypt by the key alone can read what the pipeline keeps, and who may change its policy can give it away."
  }
}

run "an_apply_writes_into_no_secret_but_those_that_the_module_makes" {
  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.make["things"].policy).Statement : statement.Resource
      if length(setintersection(flatten([statement.Action]), ["secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", "secretsmanager:*"])) > 0
    ]) == ["arn:aws:secretsmanager:eu-west-2:123456789012:secret:Project-??????"]
    error_message = "It could change or delete a secret that is there already."
  }
}

run "without_secrets_and_groups_of_ones_own_no_statement_is_about_nothing" {
  variables {
    secrets                     = []
    existing_secrets            = ["Project"]
    database_security_group_ids = []
  }

  assert {
    condition = alltrue([
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) : length(flatten([statement.Resource])) > 0
    ])
    error_message = "IAM refuses a statement without a resource."
  }
}

run "no_neighbour_is_in_reach_but_one_whose_name_goes_on_after_a_hyphen" {
  assert {
    condition = alltrue(flatten([
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) :
      [for resource in flatten([statement.Resource]) : !strcontains(resource, "totesys*")]
    ]))
    error_message = "The things of a pipeline totesysx begin like this too."
  }

  assert {
    condition = alltrue([
      for statement in flatten([for policy in aws_iam_role_policy.make : jsondecode(policy.policy).Statement]) :
      !contains(flatten([statement.Resource]), "*") || can(statement.Condition.StringEquals["aws:RequestedRegion"])
    ])
    error_message = "What has no name is limited to the region."
  }
}

run "the_policies_are_no_longer_than_iam_takes" {
  variables {
    region                      = "ap-southeast-2"
    pipeline                    = "a-name-of-20-letters"
    bucket_prefix               = "starlift-a-name-of-20-letters-123456789012"
    vpc_id                      = "vpc-0123456789abcdef0"
    secrets                     = ["warehouse-db-credentials", "warehouse-db-migrator", "warehouse-db-administrator"]
    database_users              = ["db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/starlift_load", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/starlift_migrate"]
    database_security_group_ids = ["sg-0123456789abcdef0", "sg-0123456789abcdef1"]
  }

  # Blanks do not count.
  assert {
    condition     = sum([for policy in aws_iam_role_policy.make : length(jsonencode(jsondecode(policy.policy)))]) <= 10240
    error_message = "The policies that stand in one role may have 10240 characters in all."
  }

  assert {
    condition     = alltrue([for policy in [aws_iam_policy.boundary, aws_iam_policy.read] : length(jsonencode(jsondecode(policy.policy))) <= 6144])
    error_message = "A policy may have 6144 characters."
  }
}
