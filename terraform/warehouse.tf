# A warehouse, for those who have none: PostgreSQL on RDS. Its logins are made at apply (lambdas.tf), and get tokens of IAM.

locals {
  warehouses = var.warehouse == null ? {} : { this = var.warehouse }
}

resource "aws_security_group" "warehouse" {
  count = var.warehouse == null ? 0 : 1

  name_prefix = "${local.name}-warehouse-"
  description = "The warehouse of ${local.name}"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_subnet_group" "warehouse" {
  for_each = local.warehouses

  name       = "${local.name}-warehouse"
  subnet_ids = var.subnet_ids
  tags       = local.tags
}

resource "aws_db_parameter_group" "warehouse" {
  for_each = local.warehouses

  name_prefix = "${local.name}-warehouse-"
  family      = "postgres${split(".", each.value.engine_version)[0]}"
  tags        = local.tags

  # It is RDS's default from 15 on, and of a default RDS keeps its own way of applying: any other is a change in every plan.
  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }

  # A load writes much at once: fewer checkpoints, and room to build keys after a first load.
  parameter {
    name  = "max_wal_size"
    value = "8192"
  }

  parameter {
    name  = "checkpoint_timeout"
    value = "900"
  }

  parameter {
    name  = "maintenance_work_mem"
    value = "524288"
  }

  # What takes longer than a second. Starlift passes values as parameters, which are not logged.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  # The details of an error quote the row, and a statement that failed can hold a password.
  parameter {
    name  = "log_error_verbosity"
    value = "terse"
  }

  parameter {
    name  = "log_min_error_statement"
    value = "panic"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# RDS would make them itself: without the key, for ever, and beyond what is destroyed.
resource "aws_cloudwatch_log_group" "warehouse" {
  for_each = toset(var.warehouse == null ? [] : ["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${local.name}-warehouse/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.kms_key_arn
  tags              = local.tags
}

resource "aws_db_instance" "warehouse" {
  for_each = local.warehouses

  identifier     = "${local.name}-warehouse"
  engine         = "postgres"
  engine_version = each.value.engine_version
  instance_class = each.value.instance_class
  db_name        = each.value.database

  username                      = "postgres"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = local.kms_key_arn

  storage_type          = "gp3"
  allocated_storage     = each.value.allocated_storage
  max_allocated_storage = each.value.max_allocated_storage
  storage_encrypted     = true
  kms_key_id            = local.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.warehouse[each.key].name
  parameter_group_name   = aws_db_parameter_group.warehouse[each.key].name
  vpc_security_group_ids = aws_security_group.warehouse[*].id
  publicly_accessible    = false
  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  multi_az               = var.warehouse_multi_az

  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = true
  backup_retention_period             = var.warehouse_backup_days
  copy_tags_to_snapshot               = true
  deletion_protection                 = var.warehouse_deletion_protection
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${local.name}-warehouse-final"

  enabled_cloudwatch_logs_exports = keys(aws_cloudwatch_log_group.warehouse)
  performance_insights_enabled    = true
  performance_insights_kms_key_id = local.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring[each.key].arn
  tags                            = local.tags

  depends_on = [aws_iam_role_policy_attachment.monitoring]
}

resource "aws_iam_role" "monitoring" {
  for_each = local.warehouses

  name        = "${local.name}-warehouse-monitoring"
  description = "Lets RDS write what it measures of the warehouse of ${local.name}"
  assume_role_policy = templatefile("${path.module}/policies/trust.json", {
    service    = "monitoring.rds.amazonaws.com"
    account    = local.account
    source_arn = "arn:${local.partition}:rds:${local.region}:${local.account}:db:${local.name}-warehouse"
  })
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  for_each = local.warehouses

  role       = aws_iam_role.monitoring[each.key].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
