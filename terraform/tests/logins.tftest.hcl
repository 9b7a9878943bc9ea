# Who makes the logins of the warehouse, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "apply_makes_the_logins_of_the_warehouse_that_it_makes" {
  command = plan

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
  command = plan

  variables {
    warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
  }

  assert {
    condition = (
      jsondecode(aws_lambda_invocation.migrate[0].input).administrator == var.warehouse_administrator_secret_arn
      && jsondecode(aws_iam_role_policy.administrator[0].policy).Statement[0].Resource == var.warehouse_administrator_secret_arn
      && contains(jsondecode(aws_vpc_endpoint.secrets[0].policy).Statement[0].Resource, var.warehouse_administrator_secret_arn)
    )
    error_message = "Load has to be told the secret, allowed to read it, and let to it."
  }
}

run "once_the_logins_are_made_nobody_reads_the_administrators_secret" {
  command = plan

  variables {
    warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
    create_logins                      = false
  }

  assert {
    condition = (
      length(aws_iam_role_policy.administrator) == 0
      && jsondecode(aws_lambda_invocation.migrate[0].input) == { action = "migrate" }
      && !strcontains(aws_vpc_endpoint.secrets[0].policy, "administrator")
    )
    error_message = "Load may still read the administrator's secret."
  }
}

run "once_its_logins_are_made_the_warehouse_that_was_made_is_reached_by_tokens_alone" {
  command = plan

  variables {
    warehouse_database = null
    warehouse          = {}
    create_logins      = false
  }

  assert {
    condition     = length(aws_iam_role_policy.administrator) == 0 && keys(aws_vpc_security_group_egress_rule.secrets) == ["ingest"]
    error_message = "Load has no secret left to read, and still a way to one."
  }

  assert {
    condition     = keys(aws_iam_role_policy.token) == ["migrator", "warehouse"] && length(aws_lambda_invocation.migrate) == 1
    error_message = "The warehouse has to be reached, and migrated, as before."
  }
}
