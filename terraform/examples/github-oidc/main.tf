# The two roles with which .github/workflows/ci.yml reaches AWS, without a stored key: one that plans and can only read, for pull requests and
# main, and one that applies, for jobs of the protected environment. A person applies this once, by hand, before the pipeline.

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
  issuer    = "token.actions.githubusercontent.com"

  values = {
    partition        = local.partition
    account          = local.account
    region           = var.region
    pipeline         = var.pipeline
    bucket_prefix    = var.bucket_prefix
    state_bucket_arn = "arn:${local.partition}:s3:::${var.state_bucket}"
    state_key        = var.state_key
    # Those that the module makes, and that of the warehouse's administrator, which RDS makes.
    secret_arns = jsonencode([
      for name in concat(var.secrets, ["rds!db-*"]) :
      "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:${name}-??????"
    ])
  }

  # Who a job says it is: what GitHub writes into its token, and no pattern.
  subjects = {
    plan   = ["repo:${var.repository}:pull_request", "repo:${var.repository}:ref:refs/heads/main"]
    deploy = ["repo:${var.repository}:environment:${var.environment}"]
  }
}

# One for an account: import it when it is there already.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "starlift-github-${each.key}"
  description          = "What the job ${each.key} of ${var.repository} may do"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TrustJobs"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value
        }
      }
    }]
  })
}

# How things are set up, and the state; no object of a pipeline's buckets, no secret's value, no line of a log. Code of a pull request runs under
# the role that may do no more. It decrypts only through the pipeline's own functions and schedule: Lambda hides the settings of a function from
# who may not use its key, and every plan would want to set them again.
resource "aws_iam_role_policy" "read" {
  for_each = local.subjects

  name   = "read"
  role   = aws_iam_role.this[each.key].id
  policy = templatefile("${path.module}/policies/read.json", local.values)
}

# What an apply makes and changes, by the names that the module gives it, where AWS lets a policy say so; what has no name before it is made (network,
# key) is limited to the region, and changed and deleted only under the pipeline's tag. Keys, the pipeline's or one that is there, it uses only
# through the services that encrypt what it makes. These two roles are out of its reach.
resource "aws_iam_role_policy" "make" {
  name   = "make"
  role   = aws_iam_role.this["deploy"].id
  policy = templatefile("${path.module}/policies/make.json", local.values)
}
