# What the pipeline's own roles can be given at most: the deploy role makes no role without this boundary, and cannot change it. So whoever may
# deploy gets by way of such a role what the pipeline itself may do, and nothing else.
#
# local/tests/test_boundary.py compares it with what the module gives to its roles.

resource "aws_iam_policy" "boundary" {
  name        = "${local.own_name}-boundary"
  description = "What the roles of ${local.name} can be given at most"
  policy      = templatefile("${path.module}/policies/boundary.json", local.values)
}
