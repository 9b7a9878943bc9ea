variable "region" {
  description = "The region of the pipeline."
  type        = string
  default     = "eu-west-2"
}

variable "repository" {
  description = "The repository on GitHub, as its jobs are named in their tokens: owner/name, or owner@id/name@id with the ids of `gh api repos/<owner>/<name> --jq '.owner.id,.id'`. The repository's settings, Actions, OIDC, show which."
  type        = string

  validation {
    condition     = can(regex("^([A-Za-z0-9-]+/[A-Za-z0-9._-]+|[A-Za-z0-9-]+@[0-9]+/[A-Za-z0-9._-]+@[0-9]+)$", var.repository))
    error_message = "Give repository as owner/name or as owner@<id>/name@<id>, without an asterisk: every repository that fits could deploy."
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

variable "create_provider" {
  description = "Whether to make the account's provider of GitHub's tokens, of which there is one. False: it is there, for another pipeline."
  type        = bool
  default     = true
}

variable "pipeline" {
  description = "The pipeline's name, as the module's variable name. What is called starlift-<pipeline>-… is in reach of the deploy role: call no pipeline of the account shop where another one is shop-eu."
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

variable "vpc_id" {
  description = "The VPC, as the module's variable vpc_id."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "Give vpc_id as the VPC's id, vpc-<hexadecimal digits>, not as its name or ARN."
  }
}

variable "database_security_group_ids" {
  description = "The security groups that source_database and warehouse_database name, to which the module adds rules; none, where these name addresses."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.database_security_group_ids : can(regex("^sg-[0-9a-f]+$", id))])
    error_message = "Give each of database_security_group_ids as a security group's id, sg-<hexadecimal digits>: with an asterisk the deploy role could open every group."
  }
}

variable "secrets" {
  description = "The names of the secrets that the module makes (create_secrets), which the deploy role may make, change and delete."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.secrets : can(regex("^[A-Za-z0-9/_+=.@!-]+$", name))])
    error_message = "Give each of secrets by its name, without an asterisk: the deploy role may delete what fits."
  }
}

variable "existing_secrets" {
  description = "The names of the secrets that are there already and that the functions read: connections, and the administrator of warehouse_administrator_secret_arn. Their keys have to be of this account."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.existing_secrets : can(regex("^[A-Za-z0-9/_+=.@!-]+$", name))])
    error_message = "Give each of existing_secrets by its name, without an asterisk: a role of the pipeline could read what fits."
  }
}

variable "database_users" {
  description = "As whom the functions may log in by tokens of IAM: <resource id>/<login> of each of iam_connections. Those that are there unless it is given are the logins of a warehouse that the module makes."
  type        = list(string)
  default     = ["*/starlift_load", "*/starlift_migrate"]

  validation {
    condition     = length(var.database_users) > 0 && alltrue([for user in var.database_users : can(regex("^(\\*|(db|cluster)-[A-Za-z0-9]+)/[^/*]+$", user))])
    error_message = "Give each of database_users as <resource id>/<login>, as in db-ABC/starlift_load; only the resource id of a database that is not there yet may be an asterisk."
  }
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
