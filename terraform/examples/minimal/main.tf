# The least: source and warehouse are there, and so are the secrets that name them.

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
  region = "eu-west-2"
}

module "starlift" {
  # A copy names this module and the zips from where it lies.
  source = "../.."

  name        = "totesys"
  lambda_zips = { for function in ["ingest", "transform", "load"] : function => "${path.module}/../../../target/lambda/${function}.zip" }
  secrets     = { source = "Project", warehouse = "warehouse-db-credentials", migrator = "warehouse-db-migrator" }

  vpc_id             = var.vpc_id
  subnet_ids         = var.subnet_ids
  route_table_ids    = var.route_table_ids
  source_database    = { security_group_id = var.source_security_group_id }
  warehouse_database = { security_group_id = var.warehouse_security_group_id }

  alert_emails = var.alert_emails
}
