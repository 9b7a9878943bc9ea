# What is refused, with a sentence that says what to do. Every validation has a refusal of its own.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
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

run "processors_that_lambda_has_not" {
  command = plan
  variables { architecture = "arm" }
  expect_failures = [var.architecture]
}

run "no_concurrency_at_all" {
  command = plan
  variables { function_settings = { load = { concurrency = 0 } } }
  expect_failures = [var.function_settings]
}

run "more_memory_than_lambda_has" {
  command = plan
  variables { function_settings = { transform = { memory = 10241 } } }
  expect_failures = [var.function_settings]
}

run "a_function_that_outlives_the_patience_of_the_state_machine" {
  command = plan
  variables { function_settings = { ingest = { timeout = 901 } } }
  expect_failures = [var.function_settings]
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

run "logs_that_are_gone_before_the_last_redrive" {
  command = plan
  variables { log_retention_days = 7 }
  expect_failures = [var.log_retention_days]
}

run "a_key_named_by_its_alias" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-west-2:111122223333:alias/data" }
  expect_failures = [var.kms_key_arn]
}

run "a_prefix_that_leaves_no_room_for_the_zone" {
  command = plan
  variables { bucket_prefix = "starlift-totesys-111122223333-of-the-department-of-sales" }
  expect_failures = [var.bucket_prefix]
}

run "a_bucket_for_access_logs_named_by_its_arn" {
  command = plan
  variables { access_log_bucket = "arn:aws:s3:::logs" }
  expect_failures = [var.access_log_bucket]
}

run "infrequent_access_before_s3_allows_it" {
  command = plan
  variables { raw_infrequent_access_days = 29 }
  expect_failures = [var.raw_infrequent_access_days]
}

run "an_expiry_that_is_too_short_for_a_redrive" {
  command = plan
  variables { raw_expiry_days = 29 }
  expect_failures = [var.raw_expiry_days]
}

run "a_schedule_that_is_none" {
  command = plan
  variables { schedule = "every 15 minutes" }
  expect_failures = [var.schedule]
}

run "no_schedule" {
  command = plan
  variables { schedule = null }
  expect_failures = [var.schedule]
}

run "a_schedule_that_never_fires" {
  command = plan
  variables { schedule = "rate(0 minutes)" }
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

run "a_window_that_is_longer_than_any" {
  command = plan
  variables { schedule_window_minutes = 61 }
  expect_failures = [var.schedule_window_minutes]
}

run "an_address_that_is_none" {
  command = plan
  variables { alert_emails = ["data team"] }
  expect_failures = [var.alert_emails]
}

run "a_freshness_that_is_shorter_than_the_schedule_keeps_it" {
  command = plan
  variables { schedule = "rate(1 hour)" }
  expect_failures = [var.freshness_minutes]
}

run "a_freshness_that_no_run_can_keep" {
  command = plan
  variables {
    schedule          = "rate(1 minute)"
    freshness_minutes = 9
  }
  expect_failures = [var.freshness_minutes]
}
