output "plan_role_arn" {
  description = "For the repository's variable STARLIFT_PLAN_ROLE."
  value       = aws_iam_role.this["plan"].arn
}

output "deploy_role_arn" {
  description = "For the repository's variable STARLIFT_DEPLOY_ROLE."
  value       = aws_iam_role.this["deploy"].arn
}
