# The connections. Those by tokens of IAM have nothing secret and stand in the functions' settings. For the others Terraform makes the secrets
# empty, or finds them by their names: no password comes into its state.

locals {
  # What pipeline.toml calls the connections, and which function uses which.
  connection_names = { for use, name in var.secrets : use => name if name != null }
  # Without a migrator the loader migrates.
  migrates       = var.secrets.migrator == null ? "warehouse" : "migrator"
  connections_of = { ingest = toset(["source"]), transform = toset([]), load = toset(["warehouse", local.migrates]) }

  # Those to a warehouse that is made.
  made_connections = toset(local.manages_warehouse ? ["warehouse", local.migrates] : [])
  # Told by what is given, not by the connections themselves: roles and security groups do not wait for a warehouse that is made.
  by_token = setunion(
    [for use, connection in var.iam_connections : use if connection != null && contains(keys(local.connection_names), use)],
    local.made_connections,
  )
  by_secret = setsubtract(keys(local.connection_names), local.by_token)

  iam_connections = merge(
    { for use, connection in var.iam_connections : use => connection if connection != null && contains(local.by_token, use) },
    {
      for use in local.made_connections : use => {
        host        = aws_db_instance.warehouse["this"].address
        port        = aws_db_instance.warehouse["this"].port
        username    = use == "warehouse" ? "starlift_load" : "starlift_migrate"
        dbname      = aws_db_instance.warehouse["this"].db_name
        resource_id = aws_db_instance.warehouse["this"].resource_id
      }
    },
  )

  connection_settings = {
    for function, uses in local.connections_of : function => {
      for use in uses : local.connection_names[use] => {
        for key in ["host", "port", "username", "dbname"] : key => local.iam_connections[use][key]
      } if contains(local.by_token, use)
    }
  }

  secret_names = toset([for use in local.by_secret : local.connection_names[use]])
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

# Who makes the logins of the warehouse, at apply.
locals {
  manages_warehouse = var.warehouse != null && var.warehouse_managed_roles
  makes_logins      = var.create_logins && (local.manages_warehouse || var.warehouse_administrator_secret_arn != null)
  administrator_secret_arn = (
    local.manages_warehouse ? one(aws_db_instance.warehouse["this"].master_user_secret[*].secret_arn) : var.warehouse_administrator_secret_arn
  )

  functions_with_secrets = toset([
    for function, uses in local.connections_of : function
    if length(setintersection(uses, local.by_secret)) > 0 || (function == "load" && local.makes_logins)
  ])
}
