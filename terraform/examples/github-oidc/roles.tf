# Who may take the two roles, and what they may do.

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = one(concat(aws_iam_openid_connect_provider.github[*].arn, data.aws_iam_openid_connect_provider.github[*].arn))

  # Who a job says it is: what GitHub writes into its token, and no pattern.
  subjects = {
    plan   = ["repo:${var.repository}:pull_request", "repo:${var.repository}:ref:refs/heads/main"]
    deploy = ["repo:${var.repository}:environment:${var.environment}"]
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 0 : 1

  url = "https://${local.issuer}"
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${local.own_name}-${each.key}"
  description          = "What the job ${each.key} of ${var.repository} may do"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TrustJobs"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
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
resource "aws_iam_policy" "read" {
  name        = "${local.own_name}-read"
  description = "Read how ${local.name} is set up"
  policy      = templatefile("${path.module}/policies/read.json", local.values)
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each = local.subjects

  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.read.arn
}

# What an apply makes and changes, in three texts.
#
# things: by the names that the module gives them, where AWS lets a policy say so. Saved queries and the policies by which services deliver logs have
# none: those of the whole region are in its reach. The key it uses only through the services that encrypt what it makes.
#
# network: what it makes gets the pipeline's tag as it is made, and only what has the tag is changed or deleted; it cannot give the tag to what is
# there already. Of other groups it changes only the rules of those in database_security_group_ids.
#
# roles: with the pipeline's names, inside the boundary, for the services that the module uses. What whoever may deploy puts into the
# operators' policy, operators may do.
resource "aws_iam_role_policy" "make" {
  for_each = toset(["things", "network", "roles"])

  name   = "make-${each.key}"
  role   = aws_iam_role.this["deploy"].id
  policy = jsonencode(merge(local.make[each.key], { Statement = local.make_statements[each.key] }))
}

locals {
  make = {
    for what in ["things", "network", "roles"] :
    what => jsondecode(templatefile("${path.module}/policies/make_${what}.json", merge(local.values, { boundary_arn = aws_iam_policy.boundary.arn })))
  }
  # IAM takes no statement about nothing, which is what one about secrets or groups is where there are none.
  make_statements = {
    for what, policy in local.make :
    what => [for statement in policy.Statement : statement if length(flatten([statement.Resource])) > 0]
  }
}
