# One key for everything that is kept: buckets, logs, secrets, alerts, the schedule and the warehouse.

locals {
  kms_key_arn = var.kms_key_arn == null ? aws_kms_key.this[0].arn : var.kms_key_arn
}

resource "aws_kms_key" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  description             = "What ${local.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  # Alerts into an encrypted topic vanish, and nobody is told, where the key does not let in who publishes them.
  policy = templatefile("${path.module}/key_policy.json", {
    partition = local.partition
    account   = local.account
    region    = local.region
    name      = local.name
  })
  tags = local.tags
}

resource "aws_kms_alias" "this" {
  count = var.kms_key_arn == null ? 1 : 0

  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this[0].key_id
}
