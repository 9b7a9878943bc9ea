output "state_machine_arn" {
  description = "The state machine, for `starlift run --state-machine`."
  value       = aws_sfn_state_machine.this.arn
}

output "state_machine_alias_arn" {
  description = "What the schedule starts: the published version."
  value       = aws_sfn_alias.live.arn
}

output "buckets" {
  description = "The buckets' names, by zone."
  value       = { for zone in local.zones : zone => aws_s3_bucket.zone[zone].id }
}

output "function_aliases" {
  description = "What the state machine invokes, by function."
  value       = { for function in local.functions : function => aws_lambda_alias.live[function].arn }
}

output "function_roles" {
  description = "The functions' roles, for rights beyond those that Starlift needs."
  value       = { for function in local.functions : function => aws_iam_role.function[function].name }
}

output "operator_policy_arn" {
  description = "The policy of who starts, stops, follows and redrives executions."
  value       = aws_iam_policy.operator.arn
}

output "bi_security_group_id" {
  description = "The security group with which BI tools reach the warehouse."
  value       = aws_security_group.bi.id
}

output "function_security_group_ids" {
  description = "The security groups of ingest and load, for databases that were named by their addresses."
  value       = local.function_groups
}

output "secret_arns" {
  description = "The secrets with the connections, by name."
  value       = local.secret_arns
}

output "alerts_topic_arn" {
  description = "Where alerts are published."
  value       = aws_sns_topic.alerts.arn
}

output "dashboard_name" {
  description = "The dashboard in CloudWatch."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "kms_key_arn" {
  description = "The key of all that is kept."
  value       = local.kms_key_arn
}

output "warehouse" {
  description = "The warehouse that was made: address, port, database and the secret of its administrator; null when there is none."
  value = one([
    for made in aws_db_instance.warehouse : {
      address              = made.address
      port                 = made.port
      database             = made.db_name
      administrator_secret = one(made.master_user_secret[*].secret_arn)
    }
  ])
}
