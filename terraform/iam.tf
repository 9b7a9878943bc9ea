# Who may do what. The texts are in policies/, where a run on local AWS takes them from too, and shows that every statement is needed.

locals {
  policy_values = merge(
    { for zone in local.zones : "${zone}_bucket_arn" => aws_s3_bucket.zone[zone].arn },
    {
      source_secret_arn    = lookup(local.secret_arns, local.connection_names.source, "")
      warehouse_secret_arn = lookup(local.secret_arns, local.connection_names.warehouse, "")
      migrator_secret_arn  = lookup(local.secret_arns, local.connection_names[local.migrates], "")
      kms_key_arn          = local.kms_key_arn
      region               = local.region
    },
  )
  function_policies = {
    for function in local.functions : function => jsondecode(templatefile("${path.module}/policies/${function}.json", merge(local.policy_values, {
      function_arn  = local.function_arns[function]
      log_group_arn = aws_cloudwatch_log_group.function[function].arn
    })))
  }
  # What reads a secret that there is not.
  needless_statements = [
    for use, connection in { source = "source", warehouse = "warehouse", migrator = local.migrates } : "Read${title(use)}Secret"
    if contains(local.by_token, connection)
  ]
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                 = local.function_names[each.key]
  description          = "What the function ${local.function_names[each.key]} may do"
  assume_role_policy   = templatefile("${path.module}/policies/trust_lambda.json", {})
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "starlift"
  role = aws_iam_role.function[each.key].id
  policy = jsonencode(merge(local.function_policies[each.key], {
    Statement = [
      for statement in local.function_policies[each.key].Statement :
      merge(statement, statement.Sid == "UseKey" ? { Resource = concat([local.kms_key_arn], var.secret_kms_key_arns) } : {})
      if !contains(local.needless_statements, statement.Sid)
    ]
  }))
}

resource "aws_iam_role_policy" "token" {
  for_each = local.iam_connections

  name = "connect-to-${each.key}"
  role = aws_iam_role.function[each.key == "source" ? "ingest" : "load"].id
  policy = templatefile("${path.module}/policies/connect_by_token.json", {
    database_user_arn = "arn:${local.partition}:rds-db:${local.region}:${local.account}:dbuser:${each.value.resource_id}/${each.value.username}"
  })
}

resource "aws_iam_role_policy" "administrator" {
  count = local.makes_logins ? 1 : 0

  name   = "make-logins"
  role   = aws_iam_role.function["load"].id
  policy = templatefile("${path.module}/policies/read_administrator.json", { administrator_secret_arn = local.administrator_secret_arn })
}

resource "aws_iam_role" "state_machine" {
  name        = "${local.name}-states"
  description = "What the state machine ${local.name} may do"
  assume_role_policy = templatefile("${path.module}/policies/trust.json", {
    service    = "states.amazonaws.com"
    account    = local.account
    source_arn = local.state_machine_arn
  })
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
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
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name = "starlift"
  role = aws_iam_role.scheduler.id
  policy = templatefile("${path.module}/policies/scheduler.json", {
    state_machine_arn     = aws_sfn_state_machine.this.arn
    dead_letter_queue_arn = aws_sqs_queue.dead_letters.arn
    kms_key_arn           = local.kms_key_arn
    schedule_arn          = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule/${local.name}/${local.name}"
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
