# The three functions: published versions behind an alias, so that a hot fix reaches the steps of an execution that is redriven.

locals {
  zips       = { for function in local.functions : function => var.lambda_zips[function] }
  alias_arns = { for function in local.functions : "${function}_function_arn" => aws_lambda_alias.live[function].arn }
  # Transform reads no database. Outside a VPC it has the faster way to S3.
  in_vpc = { ingest = [aws_security_group.ingest.id], load = [aws_security_group.load.id] }

  function_environment = merge(
    { for zone in local.zones : "STARLIFT_${upper(zone)}_BUCKET" => aws_s3_bucket.zone[zone].id },
    { STARLIFT_LOG = var.log_filter },
  )
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.function_names[each.key]}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:The state machine invokes and waits for the answer; only events that nobody waits for have dead letters.
  for_each = local.functions

  function_name    = local.function_names[each.key]
  description      = "The step ${each.key} of the pipeline ${var.name}"
  role             = aws_iam_role.function[each.key].arn
  filename         = local.zips[each.key]
  source_code_hash = filebase64sha256(local.zips[each.key])
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  publish          = true

  code_signing_config_arn        = var.code_signing_config_arn
  memory_size                    = var.function_settings[each.key].memory
  timeout                        = var.function_settings[each.key].timeout
  reserved_concurrent_executions = var.function_settings[each.key].concurrency
  kms_key_arn                    = local.kms_key_arn
  tags                           = local.tags

  ephemeral_storage {
    size = var.function_settings[each.key].storage
  }

  environment {
    variables = merge(
      local.function_environment,
      length(local.connection_settings[each.key]) == 0 ? {} : { STARLIFT_CONNECTIONS = jsonencode(local.connection_settings[each.key]) },
      # By the name of everybody the function would go past the endpoint, where it has no way.
      !local.makes_secrets_endpoint || var.secrets_endpoint_private_dns || !contains(local.functions_with_secrets, each.key) ? {} : {
        AWS_ENDPOINT_URL_SECRETS_MANAGER = "https://${aws_vpc_endpoint.secrets[0].dns_entry[0].dns_name}"
      },
    )
  }

  logging_config {
    log_format       = "JSON"
    log_group        = aws_cloudwatch_log_group.function[each.key].name
    system_log_level = "INFO"
    # The lowest, because what is logged is STARLIFT_LOG's to say: Lambda would leave out what it asks for.
    application_log_level = "TRACE"
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "vpc_config" {
    for_each = contains(keys(local.in_vpc), each.key) ? [local.in_vpc[each.key]] : []

    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = vpc_config.value
    }
  }

  # Lambda tries the role when it makes the function: network interfaces, and the key of its settings.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  description      = "What the state machine invokes"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  # When the warehouse cannot be migrated, what runs is what ran before.
  depends_on = [aws_lambda_invocation.migrate]
}

# Makes the warehouse's logins where an administrator is known, brings its schema up to date, and fails the apply when it cannot. Every version of
# load does it once, because the migrations are in its zip; applying what is applied already changes nothing.
resource "aws_lambda_invocation" "migrate" {
  count = var.migrate ? 1 : 0

  function_name = aws_lambda_function.this["load"].function_name
  qualifier     = aws_lambda_function.this["load"].version
  input         = jsonencode(merge({ action = "migrate" }, local.makes_logins ? { administrator = local.administrator_secret_arn } : {}))

  # Another secret or server may be another warehouse.
  triggers = {
    migrator = jsonencode(try(local.secret_arns[local.connection_names[local.migrates]], local.connection_settings.load))
  }

  depends_on = [
    aws_iam_role_policy.administrator,
    aws_iam_role_policy.token,
    aws_s3_bucket_policy.zone,
    aws_s3_bucket_server_side_encryption_configuration.zone,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.secrets,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_egress_rule.s3,
    aws_vpc_security_group_egress_rule.secrets,
    aws_vpc_security_group_ingress_rule.database,
    aws_vpc_security_group_ingress_rule.secrets,
  ]
}
