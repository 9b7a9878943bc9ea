output "state_machine_arn" {
  description = "For `starlift run --state-machine`."
  value       = module.starlift.state_machine_arn
}
