# As whom the functions log in, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "who_logs_in_by_a_token_may_do_so_as_that_user_only" {
  command = plan

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
  command = plan

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
  command = plan

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

run "the_endpoint_of_secrets_manager_is_nobody_elses_door" {
  command = plan

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

run "the_endpoint_lets_in_who_has_a_secret_to_read_and_only_to_that" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_vpc_endpoint.secrets[0].policy).Statement : {
        action = statement.Action
        of     = sort(statement.Resource)
        by     = try(statement.Condition.ArnEquals["aws:PrincipalArn"], "everybody")
      }
      ]) == jsonencode([{
        action = "secretsmanager:GetSecretValue"
        of     = [for name in ["Project", "warehouse-db-credentials", "warehouse-db-migrator"] : "arn:aws:secretsmanager:eu-west-2:111122223333:secret:${name}-AbCdEf"]
        by     = [for function in ["ingest", "load"] : "arn:aws:iam::111122223333:role/starlift-totesys-${function}"]
    }])
    error_message = "Through the endpoint somebody else comes, or to something else."
  }
}
