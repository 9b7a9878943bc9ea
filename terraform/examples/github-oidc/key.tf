# The pipeline's key, made here and not by the module: who makes a key has to be able to say who may use it, and to delete it.

resource "aws_kms_key" "this" {
  description             = "What ${local.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = templatefile("${path.module}/../../key_policy.json", {
    partition = local.partition
    account   = local.account
    region    = var.region
    name      = local.name
  })
  tags = { pipeline = var.pipeline }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}
