# What a person applies once, by hand, before .github/workflows/ci.yml can deploy a pipeline: two roles that its jobs take without a stored key, one
# that plans and can only read, for pull requests and main, and one that applies, for jobs of the protected environment; and what is out of
# reach of both, the pipeline's key and the boundary of the pipeline's own roles.

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

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  name      = "starlift-${var.pipeline}"
  # No pipeline's name begins like this, so what has this prefix is not what a pipeline's apply may change.
  own_name = "starlift-github-${var.pipeline}"

  buckets = [for zone in ["ingest", "processed", "control"] : "arn:${local.partition}:s3:::${var.bucket_prefix}-${zone}"]
  secrets = {
    for use, names in { made = var.secrets, existing = var.existing_secrets } :
    use => [for name in names : "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:${name}-??????"]
  }

  # What the texts in policies/ name.
  values = {
    partition           = local.partition
    account             = local.account
    region              = var.region
    pipeline            = var.pipeline
    vpc_id              = var.vpc_id
    bucket_arns         = jsonencode(local.buckets)
    object_arns         = jsonencode([for bucket in local.buckets : "${bucket}/*"])
    made_secret_arns    = jsonencode(local.secrets.made)
    secret_arns         = jsonencode(concat(local.secrets.made, local.secrets.existing))
    database_user_arns  = jsonencode([for user in var.database_users : "arn:${local.partition}:rds-db:${var.region}:${local.account}:dbuser:${user}"])
    database_group_arns = jsonencode([for id in var.database_security_group_ids : "arn:${local.partition}:ec2:${var.region}:${local.account}:security-group/${id}"])
    kms_key_arn         = aws_kms_key.this.arn
    state_arn           = "arn:${local.partition}:s3:::${var.state_bucket}/${var.state_key}"
    state_bucket_arn    = "arn:${local.partition}:s3:::${var.state_bucket}"
  }
}
