# As whom the functions log in, and a warehouse for those who have none.

variable "warehouse" {
  description = "A warehouse to be made: PostgreSQL on RDS, encrypted, reachable only with TLS and only by load and the BI security group. {} takes the defaults."
  type = object({
    engine_version        = optional(string, "17")
    instance_class        = optional(string, "db.t4g.medium")
    allocated_storage     = optional(number, 50)
    max_allocated_storage = optional(number, 500)
    database              = optional(string, "warehouse")
  })
  default = null

  validation {
    condition     = var.warehouse == null || try(tonumber(split(".", var.warehouse.engine_version)[0]) >= 15, false)
    error_message = "Set warehouse.engine_version to 15 or newer: views over the star schema need it."
  }

}

variable "warehouse_managed_roles" {
  description = "Whether apply makes the logins of the warehouse that is made, and the functions log in to it by tokens of IAM: then it needs no secret. False: a person makes them (sql/roles) and fills the secrets."
  type        = bool
  default     = true
}

variable "warehouse_administrator_secret_arn" {
  description = "A secret with username and password of who owns the database of your own warehouse and may make roles on its server. With it apply makes the logins; without it a person does (sql/roles). It has to be known before the apply: a secret of the same configuration is made first."
  type        = string
  default     = null

  validation {
    condition     = var.warehouse_administrator_secret_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*]+-[A-Za-z0-9]{6}$", var.warehouse_administrator_secret_arn))
    error_message = "Give warehouse_administrator_secret_arn as arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>."
  }

  validation {
    condition     = var.warehouse_administrator_secret_arn == null || var.warehouse == null
    error_message = "The warehouse that the module makes has an administrator of its own: leave warehouse_administrator_secret_arn out."
  }
}

variable "create_logins" {
  description = "Whether apply makes the logins of the warehouse where an administrator is known: of the one that is made, or by warehouse_administrator_secret_arn. Load may read the administrator's secret for as long as it is true: set it to false when the logins are there."
  type        = bool
  default     = true
}

variable "warehouse_multi_az" {
  description = "Whether the warehouse that is made has a standby in another zone."
  type        = bool
  default     = true
}

variable "warehouse_deletion_protection" {
  description = "Whether the warehouse that is made is protected against being destroyed."
  type        = bool
  default     = true
}

variable "warehouse_backup_days" {
  description = "For how many days backups of the warehouse that is made are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.warehouse_backup_days >= 1 && var.warehouse_backup_days <= 35
    error_message = "Set warehouse_backup_days from 1 to 35: without backups a lost warehouse has only the raw zone to come back from."
  }
}

variable "secrets" {
  description = "The names of the connections' secrets, as in pipeline.toml. Without a migrator the loader migrates."
  type        = object({ source = string, warehouse = string, migrator = optional(string) })

  validation {
    condition     = alltrue([for name in values(var.secrets) : name == null || can(regex("^[A-Za-z0-9/_+=.@!-]+$", name))])
    error_message = "Give each of secrets by its name, as pipeline.toml does, not by its ARN."
  }
}

variable "create_secrets" {
  description = "Whether to make the secrets, empty: a person puts the connections in, and no password comes into Terraform's state. False: they are there."
  type        = bool
  default     = false
}

variable "secret_kms_key_arns" {
  description = "The keys of secrets that are there already, where these are not encrypted with the pipeline's own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]+$", arn))])
    error_message = "Give each of secret_kms_key_arns as arn:aws:kms:<region>:<account>:key/<id>, not as an alias or a bare id."
  }
}

variable "iam_connections" {
  description = "Connections whose logins get tokens of IAM in place of passwords. They have no secret, and the names in secrets only name them. resource_id is the database's or the cluster's (db-…, cluster-…); the login has to be in the role rds_iam."
  type = object({
    source    = optional(object({ host = string, port = optional(number, 5432), username = string, dbname = string, resource_id = string }))
    warehouse = optional(object({ host = string, port = optional(number, 5432), username = string, dbname = string, resource_id = string }))
    migrator  = optional(object({ host = string, port = optional(number, 5432), username = string, dbname = string, resource_id = string }))
  })
  default = {}

  validation {
    condition = alltrue([
      for connection in values(var.iam_connections) :
      connection == null || (can(regex("^(db|cluster)-[A-Za-z0-9]+$", connection.resource_id)) && can(regex("^[^/*]+$", connection.username)))
    ])
    error_message = "Give each of iam_connections the database's resource_id (db-… or cluster-…, not its name) and one username, without an asterisk: a token is for one user of one database."
  }

  validation {
    condition     = var.iam_connections.migrator == null || var.secrets.migrator != null
    error_message = "Name the migrator in secrets as pipeline.toml does, or leave it out of iam_connections: without a name the loader migrates."
  }

  validation {
    condition     = var.warehouse == null || !var.warehouse_managed_roles || (var.iam_connections.warehouse == null && var.iam_connections.migrator == null)
    error_message = "The module knows how to connect to the warehouse that it makes: leave warehouse and migrator out of iam_connections, or set warehouse_managed_roles to false."
  }
}

variable "migrate" {
  description = "Whether apply brings the warehouse's schema up to date, whenever load has changed, and before any function runs as it was changed. Set it to false for the first apply when the secrets are still empty."
  type        = bool
  default     = true
}
