# What is refused, with a sentence that says what to do.

mock_provider "aws" {
  source = "./tests/mocks"
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

run "an_administrator_named_by_the_secrets_name" {
  command = plan
  variables { warehouse_administrator_secret_arn = "administrator" }
  expect_failures = [var.warehouse_administrator_secret_arn]
}

run "a_key_named_by_its_alias" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-west-2:111122223333:alias/data" }
  expect_failures = [var.kms_key_arn]
}

run "a_boundary_named_by_its_name" {
  command = plan
  variables { permissions_boundary_arn = "starlift-boundary" }
  expect_failures = [var.permissions_boundary_arn]
}

run "a_code_signing_configuration_named_by_its_id" {
  command = plan
  variables { code_signing_config_arn = "csc-0123456789abcdef0" }
  expect_failures = [var.code_signing_config_arn]
}

run "a_bucket_for_access_logs_named_by_its_arn" {
  command = plan
  variables { access_log_bucket = "arn:aws:s3:::logs" }
  expect_failures = [var.access_log_bucket]
}

run "a_vpc_named_by_its_name" {
  command = plan
  variables { vpc_id = "main" }
  expect_failures = [var.vpc_id]
}

run "subnets_named_by_their_addresses" {
  command = plan
  variables { subnet_ids = ["10.0.0.0/24", "10.0.1.0/24"] }
  expect_failures = [var.subnet_ids]
}

run "one_subnet_named_twice" {
  command = plan
  variables { subnet_ids = ["subnet-0", "subnet-0"] }
  expect_failures = [var.subnet_ids]
}

run "a_route_table_named_by_its_name" {
  command = plan
  variables { route_table_ids = ["private"] }
  expect_failures = [var.route_table_ids]
}

run "a_source_that_is_anywhere" {
  command = plan
  variables { source_database = { cidr = "0.0.0.0/0" } }
  expect_failures = [var.source_database]
}

run "a_source_at_addresses_that_are_none" {
  command = plan
  variables { source_database = { cidr = "10.1.2.333/32" } }
  expect_failures = [var.source_database]
}

run "a_warehouse_that_is_anywhere" {
  command = plan
  variables { warehouse_database = { cidr = "10.0.0.0/8" } }
  expect_failures = [var.warehouse_database]
}

run "a_warehouse_within_the_addresses_of_the_source" {
  command = plan
  variables {
    source_database    = { cidr = "10.1.0.0/16" }
    warehouse_database = { cidr = "10.1.2.4/32" }
  }
  expect_failures = [var.warehouse_database]
}

run "a_source_within_the_addresses_of_the_warehouse" {
  command = plan
  variables {
    source_database    = { cidr = "10.1.2.128/25" }
    warehouse_database = { cidr = "10.1.2.0/24" }
  }
  expect_failures = [var.warehouse_database]
}

run "addresses_side_by_side_are_fine" {
  command = plan
  variables {
    source_database    = { cidr = "10.1.2.0/25" }
    warehouse_database = { cidr = "10.1.2.128/25" }
  }
}

run "no_schedule" {
  command = plan
  variables { schedule = null }
  expect_failures = [var.schedule]
}

run "a_schedule_without_a_warehouse_to_load" {
  command = plan
  variables {
    create_secrets = true
    migrate        = false
  }
  expect_failures = [var.schedule_enabled]
}

run "a_freshness_that_is_shorter_than_the_schedule_keeps_it" {
  command = plan
  variables { schedule = "rate(1 hour)" }
  expect_failures = [var.freshness_minutes]
}

run "logs_that_are_gone_before_the_last_redrive" {
  command = plan
  variables { log_retention_days = 7 }
  expect_failures = [var.log_retention_days]
}

run "an_address_that_is_none" {
  command = plan
  variables { alert_emails = ["data team"] }
  expect_failures = [var.alert_emails]
}

run "a_migrator_that_the_pipeline_does_not_name" {
  command = plan
  variables { iam_connections = { migrator = { host = "h", username = "migrator", dbname = "d", resource_id = "db-ABC" } } }
  expect_failures = [var.iam_connections]
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

run "a_schedule_that_never_fires" {
  command = plan
  variables { schedule = "rate(0 minutes)" }
  expect_failures = [var.schedule]
}

run "an_administrators_secret_without_its_last_characters" {
  command = plan
  variables { warehouse_administrator_secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:admin" }
  expect_failures = [var.warehouse_administrator_secret_arn]
}
