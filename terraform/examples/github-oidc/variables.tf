variable "region" {
  description = "The region of the pipeline."
  type        = string
  default     = "eu-west-2"
}

variable "repository" {
  description = "The repository on GitHub, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "Give repository as owner/name, without an asterisk: every repository that fits could deploy."
  }
}

variable "environment" {
  description = "The protected environment of the repository in which the apply runs."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.environment))
    error_message = "Give environment as the name of one environment, in letters, digits, hyphens and underscores."
  }
}

variable "pipeline" {
  description = "The pipeline's name, as the module's variable name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.pipeline)) && !startswith(var.pipeline, "github")
    error_message = "Give pipeline as up to 20 lower-case letters, digits and hyphens, and not beginning with github: so these two roles are named."
  }
}

variable "bucket_prefix" {
  description = "What the names of the pipeline's buckets begin with: starlift-<name>-<account> unless the module is told otherwise."
  type        = string
}

variable "secrets" {
  description = "The names of the secrets that the module makes (create_secrets); none, when they are there."
  type        = list(string)
  default     = []
}

variable "state_bucket" {
  description = "The bucket of Terraform's state."
  type        = string
}

variable "state_key" {
  description = "The key of the pipeline's state in that bucket."
  type        = string
  default     = "starlift/terraform.tfstate"
}
