# Everything: an empty account with a VPC, a warehouse that is made here, secrets that a person fills, and settings of one's own.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region = var.region
}

module "starlift" {
  # A copy names this module and the zips from where it lies.
  source = "../.."

  name         = "totesys"
  lambda_zips  = { for function in ["ingest", "transform", "load"] : function => "${path.module}/../../../target/lambda/${function}.zip" }
  architecture = "arm64"
  function_settings = {
    transform = { memory = 4096, storage = 4096 }
  }

  vpc_id          = var.vpc_id
  subnet_ids      = var.subnet_ids
  route_table_ids = var.route_table_ids
  source_database = { cidr = var.source_cidr }
  warehouse       = { instance_class = "db.m7g.large", allocated_storage = 100 }

  warehouse_managed_roles = var.warehouse_managed_roles
  # The first apply makes the logins; later ones need no administrator.
  create_logins = !var.secrets_are_filled

  secrets        = { source = "Project", warehouse = "warehouse-db-credentials", migrator = "warehouse-db-migrator" }
  create_secrets = true
  # Where apply makes the warehouse's logins, it has no secret to wait for.
  migrate = var.warehouse_managed_roles || var.secrets_are_filled

  # pipeline.toml needs the same number under [settings]: the zips are built with it.
  raw_expiry_days         = 400
  schedule                = var.schedule
  schedule_timezone       = "Europe/London"
  schedule_window_minutes = 2
  schedule_enabled        = var.secrets_are_filled
  # The schedule pauses at night.
  freshness_minutes = 540

  alert_emails       = var.alert_emails
  log_retention_days = 400
  tags               = { owner = "data" }
}
