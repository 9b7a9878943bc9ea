# What the other files share: where this is, what things are called, and what is in the zips.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # The attribute that has the region's name under this name in every supported version of the provider.
  region = data.aws_region.current.id

  name   = "starlift-${var.name}"
  tags   = merge(var.tags, { pipeline = var.name })
  prefix = coalesce(var.bucket_prefix, "${local.name}-${local.account}")

  zones     = toset(["ingest", "processed", "control"])
  functions = toset(["ingest", "transform", "load"])

  function_names = { for function in local.functions : function => "${local.name}-${function}" }
  # Named and not referred to, because a role has to know its function's ARN before there is a function.
  function_arns = {
    for function, name in local.function_names :
    function => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${name}"
  }
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.name}"
  execution_arn     = "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.name}"
}
