output "state_machine_arn" {
  description = "For `starlift run --state-machine`."
  value       = module.starlift.state_machine_arn
}

output "alerts_topic_arn" {
  description = "Where alerts are published, for subscribers besides the addresses."
  value       = module.starlift.alerts_topic_arn
}

output "buckets" {
  description = "The buckets by zone, for who empties them before all of it is destroyed."
  value       = module.starlift.buckets
}

output "warehouse" {
  description = "The warehouse and the secret of its administrator."
  value       = module.starlift.warehouse
}

output "function_security_group_ids" {
  description = "The security groups of ingest and load, for the source to let ingest in."
  value       = module.starlift.function_security_group_ids
}

output "bi_security_group_id" {
  description = "The security group for BI tools."
  value       = module.starlift.bi_security_group_id
}

output "operator_policy_arn" {
  description = "The policy for operators."
  value       = module.starlift.operator_policy_arn
}
