# What the provider answers when nothing is made: ARNs that look like ARNs, because policies are put together from them.

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_data "aws_ec2_managed_prefix_list" {
  defaults = { id = "pl-s3" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-2" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/role" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::111122223333:policy/policy" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-2:111122223333:log-group:group" }
}

mock_resource "aws_sfn_state_machine" {
  defaults = {
    arn                       = "arn:aws:states:eu-west-2:111122223333:stateMachine:starlift-totesys"
    state_machine_version_arn = "arn:aws:states:eu-west-2:111122223333:stateMachine:starlift-totesys:7"
  }
}

mock_resource "aws_sfn_alias" {
  defaults = { arn = "arn:aws:states:eu-west-2:111122223333:stateMachine:starlift-totesys:live" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:eu-west-2:111122223333:queue" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-west-2:111122223333:topic" }
}

mock_resource "aws_scheduler_schedule_group" {
  defaults = { arn = "arn:aws:scheduler:eu-west-2:111122223333:schedule-group/starlift-totesys" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:made-AbCdEf" }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "warehouse.example"
    port               = 5432
    resource_id        = "db-MADE"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:rds!db-0-AbCdEf", kms_key_id = "key", secret_status = "active" }]
  }
}

mock_resource "aws_vpc_endpoint" {
  defaults = {
    dns_entry = [{ dns_name = "vpce-0.secretsmanager.example", hosted_zone_id = "Z0" }]
  }
}
