# Ingest and load are in the VPC, each with a security group that lets it out to its database, to S3 and to Secrets Manager, and nowhere
# else. Nothing comes in. Transform is outside.

locals {
  # Which database a function talks to.
  databases = {
    ingest = merge(var.source_database, { name = "the source" })
    load = var.warehouse_database != null ? merge(var.warehouse_database, { name = "the warehouse" }) : {
      name              = "the warehouse"
      security_group_id = one(aws_security_group.warehouse[*].id)
      cidr              = null
      port              = 5432
    }
  }
  # Whether a database's own group gets a rule has to be known before that group is: so it is told by what was left out.
  with_group = toset([
    for function, known in {
      ingest = var.source_database.cidr == null
      load   = var.warehouse_database == null || try(var.warehouse_database.cidr, null) == null
    } : function if known
  ])

  function_groups            = { ingest = aws_security_group.ingest.id, load = aws_security_group.load.id }
  makes_secrets_endpoint     = var.create_secrets_endpoint && length(local.functions_with_secrets) > 0
  secrets_endpoint_group     = var.create_secrets_endpoint ? one(aws_security_group.secrets_endpoint[*].id) : var.secrets_endpoint_security_group_id
  functions_with_connections = toset(["ingest", "load"])
}

resource "aws_security_group" "ingest" {
  name_prefix = "${local.name}-ingest-"
  description = "The function ${local.name}-ingest"
  vpc_id      = var.vpc_id
  tags        = local.tags

  # A group goes when the last network interface in it has gone, which is long after its function, and Lambda removes that with the function's role.
  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "load" {
  name_prefix = "${local.name}-load-"
  description = "The function ${local.name}-load"
  vpc_id      = var.vpc_id
  tags        = local.tags

  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.functions_with_connections

  security_group_id            = local.function_groups[each.key]
  description                  = "To ${local.databases[each.key].name}"
  ip_protocol                  = "tcp"
  from_port                    = local.databases[each.key].port
  to_port                      = local.databases[each.key].port
  referenced_security_group_id = local.databases[each.key].security_group_id
  cidr_ipv4                    = local.databases[each.key].cidr
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.with_group

  security_group_id            = local.databases[each.key].security_group_id
  description                  = "From ${local.function_names[each.key]}"
  ip_protocol                  = "tcp"
  from_port                    = local.databases[each.key].port
  to_port                      = local.databases[each.key].port
  referenced_security_group_id = local.function_groups[each.key]
  tags                         = local.tags
}

data "aws_ec2_managed_prefix_list" "s3" {
  name = "com.amazonaws.${local.region}.s3"
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = local.functions_with_connections

  security_group_id = local.function_groups[each.key]
  description       = "To S3 by the gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = data.aws_ec2_managed_prefix_list.s3.id
  tags              = local.tags
}

# It has no policy of its own: everybody whose subnets have these route tables goes through it. What a function may reach is in its role.
resource "aws_vpc_endpoint" "s3" {
  count = length(var.route_table_ids) > 0 ? 1 : 0

  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.route_table_ids
  tags              = merge(local.tags, { Name = "${local.name}-s3" })
}

resource "aws_vpc_security_group_egress_rule" "secrets" {
  for_each = local.functions_with_secrets

  security_group_id            = local.function_groups[each.key]
  description                  = "To Secrets Manager by its endpoint"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = local.secrets_endpoint_group
  tags                         = local.tags
}

resource "aws_security_group" "secrets_endpoint" {
  count = local.makes_secrets_endpoint ? 1 : 0

  name_prefix = "${local.name}-secrets-"
  description = "The endpoint of Secrets Manager for ${local.name}"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "secrets" {
  for_each = local.makes_secrets_endpoint ? local.functions_with_secrets : toset([])

  security_group_id            = aws_security_group.secrets_endpoint[0].id
  description                  = "From ${local.function_names[each.key]}"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = local.function_groups[each.key]
  tags                         = local.tags
}

resource "aws_vpc_endpoint" "secrets" {
  count = local.makes_secrets_endpoint ? 1 : 0

  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${local.region}.secretsmanager"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.secrets_endpoint[0].id]
  private_dns_enabled = var.secrets_endpoint_private_dns
  tags                = merge(local.tags, { Name = "${local.name}-secrets" })

  # Through this door only who has something to read, and only to that. The roles stand in the condition, because a principal that is seconds old
  # is refused when the policy is written.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ReadConnections"
      Effect    = "Allow"
      Principal = "*"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = concat(values(local.secret_arns), local.makes_logins ? [local.administrator_secret_arn] : [])
      Condition = { ArnEquals = { "aws:PrincipalArn" = [for function in local.functions_with_secrets : aws_iam_role.function[function].arn] } }
    }]
  })
}

# BI tools get this group, and with it reach the warehouse.
resource "aws_security_group" "bi" {
  #checkov:skip=CKV2_AWS_5:It is for machines outside this module, which get it from the output bi_security_group_id.
  name_prefix = "${local.name}-bi-"
  description = "Who reads the warehouse of ${local.name}"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "bi" {
  security_group_id            = aws_security_group.bi.id
  description                  = "To the warehouse"
  ip_protocol                  = "tcp"
  from_port                    = local.databases["load"].port
  to_port                      = local.databases["load"].port
  referenced_security_group_id = local.databases["load"].security_group_id
  cidr_ipv4                    = local.databases["load"].cidr
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "bi" {
  count = contains(local.with_group, "load") ? 1 : 0

  security_group_id            = local.databases["load"].security_group_id
  description                  = "From BI tools"
  ip_protocol                  = "tcp"
  from_port                    = local.databases["load"].port
  to_port                      = local.databases["load"].port
  referenced_security_group_id = aws_security_group.bi.id
  tags                         = local.tags
}
