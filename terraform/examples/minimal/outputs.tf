output "state_machine_arn" {
  description = "For `starlift run --state-machine`."
  value       = module.starlift.state_machine_arn
}

output "buckets" {
  description = "The buckets by zone, for who empties them before all of it is destroyed."
  value       = module.starlift.buckets
}

output "bi_security_group_id" {
  description = "The security group for BI tools."
  value       = module.starlift.bi_security_group_id
}

output "operator_policy_arn" {
  description = "The policy for operators."
  value       = module.starlift.operator_policy_arn
}
