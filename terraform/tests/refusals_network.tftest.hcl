# What is refused of the network, with a sentence that says what to do.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "a_vpc_named_by_its_name" {
  command = plan
  variables { vpc_id = "main" }
  expect_failures = [var.vpc_id]
}

run "one_subnet" {
  command = plan
  variables { subnet_ids = ["subnet-0"] }
  expect_failures = [var.subnet_ids]
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

run "no_endpoint_for_secrets" {
  command = plan
  variables { create_secrets_endpoint = false }
  expect_failures = [var.secrets_endpoint_security_group_id]
}

run "a_source_that_is_nowhere" {
  command = plan
  variables { source_database = {} }
  expect_failures = [var.source_database]
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

run "two_warehouses" {
  command = plan
  variables { warehouse = {} }
  expect_failures = [var.warehouse_database]
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

run "a_warehouse_in_two_places" {
  command = plan
  variables { warehouse_database = { security_group_id = "sg-1", cidr = "10.1.2.4/32" } }
  expect_failures = [var.warehouse_database]
}
