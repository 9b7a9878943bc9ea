# What is refused, with a sentence that says what to do.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name               = "totesys"
  lambda_zips        = { ingest = "main.tf", transform = "main.tf", load = "main.tf" }
  secrets            = { source = "Project", warehouse = "warehouse-db-credentials" }
  vpc_id             = "vpc-0"
  subnet_ids         = ["subnet-0", "subnet-1"]
  source_database    = { security_group_id = "sg-0" }
  warehouse_database = { security_group_id = "sg-1" }
}

run "a_name_that_is_none" {
  command = plan
  variables { name = "Totesys!" }
  expect_failures = [var.name]
}

run "a_zip_that_is_missing" {
  command = plan
  variables { lambda_zips = { ingest = "main.tf", transform = "none.zip", load = "main.tf" } }
  expect_failures = [var.lambda_zips]
}

run "an_expiry_that_is_too_short_for_a_redrive" {
  command = plan
  variables { raw_expiry_days = 29 }
  expect_failures = [var.raw_expiry_days]
}

run "one_subnet" {
  command = plan
  variables { subnet_ids = ["subnet-0"] }
  expect_failures = [var.subnet_ids]
}

run "a_source_that_is_nowhere" {
  command = plan
  variables { source_database = {} }
  expect_failures = [var.source_database]
}

run "two_warehouses" {
  command = plan
  variables { warehouse = {} }
  expect_failures = [var.warehouse_database]
}

run "a_warehouse_that_is_too_old" {
  command = plan
  variables {
    warehouse_database = null
    warehouse          = { engine_version = "14.9" }
  }
  expect_failures = [var.warehouse]
}

run "no_endpoint_for_secrets" {
  command = plan
  variables { create_secrets_endpoint = false }
  expect_failures = [var.secrets_endpoint_security_group_id]
}

run "no_concurrency_at_all" {
  command = plan
  variables { function_settings = { load = { concurrency = 0 } } }
  expect_failures = [var.function_settings]
}

run "a_schedule_that_is_none" {
  command = plan
  variables { schedule = "every 15 minutes" }
  expect_failures = [var.schedule]
}

run "a_token_for_everybody" {
  command = plan
  variables { token_users = { source = "arn:aws:rds-db:eu-west-2:111122223333:dbuser:db-ABC/*" } }
  expect_failures = [var.token_users]
}
