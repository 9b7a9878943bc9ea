# The state machine: the one definition of the repository, with the ARNs of the functions' aliases put in.

resource "aws_cloudwatch_log_group" "state_machine" {
  # Below another name every state machine adds to a policy of the account that has a limit.
  name              = "/aws/vendedlogs/states/${local.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_sfn_state_machine" "this" {
  name       = local.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.state_machine.arn
  definition = templatefile("${path.module}/../statemachine/pipeline.asl.json", local.alias_arns)
  publish    = true
  tags       = local.tags

  logging_configuration {
    level = "ALL"
    # Between states travel only names, counts and keys.
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_sfn_alias" "live" {
  name        = "live"
  description = "What the schedule starts"

  routing_configuration {
    state_machine_version_arn = aws_sfn_state_machine.this.state_machine_version_arn
    weight                    = 100
  }
}
