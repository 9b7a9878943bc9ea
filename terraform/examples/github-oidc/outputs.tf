output "plan_role_arn" {
  description = "For the repository's variable STARLIFT_PLAN_ROLE."
  value       = aws_iam_role.this["plan"].arn
}

output "deploy_role_arn" {
  description = "For the repository's variable STARLIFT_DEPLOY_ROLE."
  value       = aws_iam_role.this["deploy"].arn
}

output "permissions_boundary_arn" {
  description = "For the module's input permissions_boundary_arn."
  value       = aws_iam_policy.boundary.arn
}

output "kms_key_arn" {
  description = "For the module's input kms_key_arn."
  value       = aws_kms_key.this.arn
}
