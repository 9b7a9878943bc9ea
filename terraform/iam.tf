# Who may do what. The texts are in policies/, where a run on local AWS takes them from too, and shows that every statement is needed.

locals {
  policy_values = merge(
    { for zone in local.zones : "${zone}_bucket_arn" => aws_s3_bucket.zone[zone].arn },
    {
      source_secret_arn    = local.secret_arns[var.secrets.source]
      warehouse_secret_arn = local.secret_arns[var.secrets.warehouse]
      migrator_secret_arn  = local.secret_arns[local.migrator]
      kms_key_arn          = local.kms_key_arn
      region               = local.region
    },
  )
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = local.function_names[each.key]
  description        = "What the function ${local.function_names[each.key]} may do"
  assume_role_policy = templatefile("${path.module}/policies/trust_lambda.json", {})
  tags               = local.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "starlift"
  role = aws_iam_role.function[each.key].id
  policy = templatefile("${path.module}/policies/${each.key}.json", merge(local.policy_values, {
    function_arn  = local.function_arns[each.key]
    log_group_arn = aws_cloudwatch_log_group.function[each.key].arn
  }))
}

resource "aws_iam_role_policy" "token" {
  for_each = { for secret, user in var.token_users : secret => user if user != null }

  name   = "connect-to-${each.key}"
  role   = aws_iam_role.function[each.key == "source" ? "ingest" : "load"].id
  policy = templatefile("${path.module}/policies/connect_by_token.json", { database_user_arn = each.value })
}

resource "aws_iam_role" "state_machine" {
  name        = "${local.name}-states"
  description = "What the state machine ${local.name} may do"
  assume_role_policy = templatefile("${path.module}/policies/trust.json", {
    service    = "states.amazonaws.com"
    account    = local.account
    source_arn = local.state_machine_arn
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "starlift"
  role   = aws_iam_role.state_machine.id
  policy = templatefile("${path.module}/policies/state_machine.json", local.alias_arns)
}

resource "aws_iam_role" "scheduler" {
  name        = "${local.name}-schedule"
  description = "What the schedule of ${local.name} may do"
  assume_role_policy = templatefile("${path.module}/policies/trust.json", {
    service = "scheduler.amazonaws.com"
    account = local.account
    # The scheduler names the group, and not the schedule.
    source_arn = aws_scheduler_schedule_group.this.arn
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name = "starlift"
  role = aws_iam_role.scheduler.id
  policy = templatefile("${path.module}/policies/scheduler.json", {
    state_machine_arn     = aws_sfn_state_machine.this.arn
    dead_letter_queue_arn = aws_sqs_queue.dead_letters.arn
    kms_key_arn           = local.kms_key_arn
  })
}

resource "aws_iam_policy" "operator" {
  name        = "${local.name}-operator"
  description = "Start, stop, follow and redrive ${local.name}"
  policy = templatefile("${path.module}/policies/operator.json", {
    state_machine_arn = aws_sfn_state_machine.this.arn
    execution_arn     = local.execution_arn
  })
  tags = local.tags
}
