# The connections. Terraform makes the secrets empty, or finds them by their names: no password comes into its state.

locals {
  migrator     = coalesce(var.secrets.migrator, var.secrets.warehouse)
  secret_names = toset([var.secrets.source, var.secrets.warehouse, local.migrator])
  secret_arns = {
    for name in local.secret_names :
    name => var.create_secrets ? aws_secretsmanager_secret.this[name].arn : data.aws_secretsmanager_secret.this[name].arn
  }
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:The databases' owner rotates; every connection reads the secret anew, so a rotation needs nothing here.
  for_each = var.create_secrets ? local.secret_names : toset([])

  name        = each.key
  description = "A connection of ${local.name}: {\"host\", \"port\", \"username\", \"password\", \"dbname\"}"
  kms_key_id  = local.kms_key_arn
  tags        = local.tags
}

data "aws_secretsmanager_secret" "this" {
  for_each = var.create_secrets ? toset([]) : local.secret_names

  name = each.key
}
