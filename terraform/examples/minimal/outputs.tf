output "state_machine_arn" {
  description = "For `starlift --state-machine`."
  value       = module.starlift.state_machine_arn
}
