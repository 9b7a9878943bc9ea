# What is refused of connections, with a sentence that says what to do.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "a_warehouse_that_is_too_old" {
  command = plan
  variables {
    warehouse_database = null
    warehouse          = { engine_version = "14.9" }
  }
  expect_failures = [var.warehouse]
}

run "an_administrator_named_by_the_secrets_name" {
  command = plan
  variables { warehouse_administrator_secret_arn = "administrator" }
  expect_failures = [var.warehouse_administrator_secret_arn]
}

run "an_administrators_secret_without_its_last_characters" {
  command = plan
  variables { warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:admin" }
  expect_failures = [var.warehouse_administrator_secret_arn]
}

run "a_second_administrator_of_the_warehouse_that_is_made" {
  command = plan
  variables {
    warehouse_database                 = null
    warehouse                          = {}
    warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:administrator-AbCdEf"
  }
  expect_failures = [var.warehouse_administrator_secret_arn]
}

run "a_warehouse_without_backups" {
  command = plan
  variables { warehouse_backup_days = 0 }
  expect_failures = [var.warehouse_backup_days]
}

run "a_secret_named_by_its_arn" {
  command = plan
  variables { secrets = { source = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:Project-AbCdEf", warehouse = "warehouse-db-credentials" } }
  expect_failures = [var.secrets]
}

run "a_key_of_secrets_named_by_its_id" {
  command = plan
  variables { secret_kms_key_arns = ["00000000-0000-0000-0000-000000000000"] }
  expect_failures = [var.secret_kms_key_arns]
}

run "a_token_for_everybody" {
  command = plan
  variables { iam_connections = { source = { host = "h", username = "*", dbname = "d", resource_id = "db-ABC" } } }
  expect_failures = [var.iam_connections]
}

run "a_token_for_a_database_named_by_its_name" {
  command = plan
  variables { iam_connections = { source = { host = "h", username = "ingest", dbname = "d", resource_id = "shop" } } }
  expect_failures = [var.iam_connections]
}

run "another_way_into_the_warehouse_that_is_made" {
  command = plan
  variables {
    warehouse_database = null
    warehouse          = {}
    iam_connections    = { warehouse = { host = "h", username = "loader", dbname = "d", resource_id = "db-ABC" } }
  }
  expect_failures = [var.iam_connections]
}

run "a_migrator_that_the_pipeline_does_not_name" {
  command = plan
  variables {
    secrets         = { source = "Project", warehouse = "warehouse-db-credentials" }
    iam_connections = { migrator = { host = "h", username = "migrator", dbname = "d", resource_id = "db-ABC" } }
  }
  expect_failures = [var.iam_connections]
}
