variable "name" {
  description = "The pipeline's name, as pipeline.toml gives it: everything is named starlift-<name>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.name))
    error_message = "Give name as up to 20 lower-case letters, digits and hyphens, beginning with a letter, as in pipeline.toml."
  }
}

variable "lambda_zips" {
  description = "Paths of the three zips that `cargo xtask package --release` makes."
  type        = object({ ingest = string, transform = string, load = string })

  validation {
    condition     = alltrue([for path in values(var.lambda_zips) : fileexists(path)])
    error_message = "A zip of lambda_zips is missing; make all three with: cargo xtask package --release."
  }
}

variable "architecture" {
  description = "The processors for which the zips were built: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Set architecture to arm64 or x86_64, whichever the zips were built for."
  }
}

variable "function_settings" {
  description = "Memory and ephemeral storage in MB, time-out in seconds and reserved concurrency of each function. A concurrency of -1 reserves nothing, as a new account has to, which has ten in all."
  type = object({
    ingest    = optional(object({ memory = optional(number, 1769), storage = optional(number, 512), timeout = optional(number, 900), concurrency = optional(number, 2) }), {})
    transform = optional(object({ memory = optional(number, 3008), storage = optional(number, 2048), timeout = optional(number, 900), concurrency = optional(number, 16) }), {})
    load      = optional(object({ memory = optional(number, 1769), storage = optional(number, 4096), timeout = optional(number, 900), concurrency = optional(number, 4) }), {})
  })
  default = {}

  validation {
    condition = alltrue([
      for function in values(var.function_settings) :
      function.memory >= 128 && function.memory <= 10240 && function.storage >= 512 && function.storage <= 10240
    ])
    error_message = "Give memory from 128 to 10240 MB and storage from 512 to 10240 MB: Lambda has no other."
  }

  validation {
    condition     = alltrue([for function in values(var.function_settings) : function.timeout >= 60 && function.timeout <= 900])
    error_message = "Give a timeout from 60 to 900 seconds: the state machine waits for 930."
  }

  validation {
    condition     = alltrue([for function in values(var.function_settings) : function.concurrency == -1 || function.concurrency >= 1])
    error_message = "Give a concurrency of 1 or more, or -1 to reserve nothing: with 0 no step would ever run."
  }
}

variable "code_signing_config_arn" {
  description = "A code signing configuration, when the zips are signed."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null || can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[0-9a-z]+$", var.code_signing_config_arn))
    error_message = "Give code_signing_config_arn as arn:aws:lambda:<region>:<account>:code-signing-config:csc-<id>, or leave it out."
  }
}

variable "log_filter" {
  description = "STARLIFT_LOG of the functions, for example warn,starlift=debug,starlift::preview=off. Without the last part load's log shows the first rows of each extract."
  type        = string
  default     = "warn,starlift=info,starlift::preview=off"
  nullable    = false
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "A failed execution can be redriven for 14 days, and only its logs tell what led to it: set log_retention_days to 14 or more, to one that CloudWatch knows: 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "A key for buckets, logs, secrets, alerts and the warehouse. Without it the module makes one. It has to be known before the apply: a key of the same configuration is made first. The key policy of one's own has to let in what encryption.tf lets in."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]+$", var.kms_key_arn))
    error_message = "Give kms_key_arn as arn:aws:kms:<region>:<account>:key/<id>: policies name the key itself, so an alias or a bare id is not enough."
  }
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

variable "bucket_prefix" {
  description = "What the names of the three buckets begin with; starlift-<name>-<account> unless it is given."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_prefix == null || can(regex("^[a-z0-9][a-z0-9-]{1,51}$", var.bucket_prefix))
    error_message = "Give bucket_prefix as 2 to 52 lower-case letters, digits and hyphens: \"-processed\" still has to fit into 63."
  }
}

variable "access_log_bucket" {
  description = "A bucket for S3's own log of who asked for what; none is kept unless it is given."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "Give access_log_bucket as the bucket's name, not as its ARN."
  }
}

variable "raw_infrequent_access_days" {
  description = "After how many days raw objects move to the storage class for infrequent access."
  type        = number
  default     = 30

  validation {
    condition     = var.raw_infrequent_access_days >= 30
    error_message = "S3 moves objects to infrequent access after 30 days at the earliest; set raw_infrequent_access_days to 30 or more."
  }
}

variable "raw_expiry_days" {
  description = "After how many days raw and processed objects expire; none does unless it is given. pipeline.toml needs the same number as raw_expiry_days, so that ingest stores again what it still refers to. A replay reaches back as far as the raw objects."
  type        = number
  default     = null

  validation {
    condition     = var.raw_expiry_days == null || try(var.raw_expiry_days >= 30, false)
    error_message = "Objects that expire within 30 days can be missing when a failed run is redriven; set raw_expiry_days to 30 or more, or leave it out."
  }
}

variable "vpc_id" {
  description = "The VPC from which source and warehouse can be reached."
  type        = string

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "Give vpc_id as the VPC's id, vpc-<hexadecimal digits>, not as its name or ARN."
  }
}

variable "subnet_ids" {
  description = "Private subnets for ingest, load and, if it is made here, the warehouse: two or more, in different zones."
  type        = list(string)

  validation {
    condition     = alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))])
    error_message = "Give each of subnet_ids as a subnet's id, subnet-<hexadecimal digits>, not as its name, ARN or addresses."
  }

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "Name two or more private subnets in different zones, so that the pipeline outlives the loss of one."
  }
}

variable "route_table_ids" {
  description = "The subnets' route tables, for the S3 gateway endpoint. Leave it empty when the VPC has one already."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.route_table_ids : can(regex("^rtb-[0-9a-f]+$", id))])
    error_message = "Give each of route_table_ids as a route table's id, rtb-<hexadecimal digits>."
  }
}

variable "create_secrets_endpoint" {
  description = "Whether to make an endpoint for Secrets Manager. The functions read their passwords there, and have no other way out of the VPC. Set it to false when the VPC has one already, and name its security group."
  type        = bool
  default     = true
}

variable "secrets_endpoint_private_dns" {
  description = "Whether everybody in the VPC who asks for Secrets Manager comes to the endpoint that is made. It lets in nobody but ingest and load, so set it only where nobody else in the VPC needs Secrets Manager. Otherwise the two functions know the endpoint by its own name."
  type        = bool
  default     = false
}

variable "secrets_endpoint_security_group_id" {
  description = "The security group of the VPC's own endpoint for Secrets Manager."
  type        = string
  default     = null

  validation {
    condition     = var.create_secrets_endpoint != (var.secrets_endpoint_security_group_id != null)
    error_message = "Either leave create_secrets_endpoint at true, or set it to false and name the security group of the VPC's own endpoint in secrets_endpoint_security_group_id."
  }
}

variable "source_database" {
  description = "Where the source is: its security group, to which a rule for ingest is added, or its addresses; and its port."
  type        = object({ security_group_id = optional(string), cidr = optional(string), port = optional(number, 5432) })

  validation {
    condition     = (var.source_database.security_group_id == null) != (var.source_database.cidr == null)
    error_message = "Say where the source is by security_group_id or by cidr, and not by both."
  }

  validation {
    condition     = var.source_database.cidr == null || can(regex("/(1[6-9]|2[0-9]|3[0-2])$", var.source_database.cidr)) && can(cidrhost(var.source_database.cidr, 0))
    error_message = "Give source_database.cidr as IPv4 addresses of /16 or narrower, best the one address of the database, as in 10.1.2.3/32: ingest can reach all of them."
  }
}

variable "warehouse_database" {
  description = "Where the warehouse is, as source_database; left out when the module makes one (warehouse)."
  type        = object({ security_group_id = optional(string), cidr = optional(string), port = optional(number, 5432) })
  default     = null

  validation {
    condition     = (var.warehouse_database == null) != (var.warehouse == null)
    error_message = "Either name your own warehouse by warehouse_database, or let the module make one by warehouse = {}."
  }

  validation {
    condition     = var.warehouse_database == null || try((var.warehouse_database.security_group_id == null) != (var.warehouse_database.cidr == null), false)
    error_message = "Say where the warehouse is by security_group_id or by cidr, and not by both."
  }

  validation {
    condition     = try(var.warehouse_database.cidr, null) == null || can(regex("/(1[6-9]|2[0-9]|3[0-2])$", var.warehouse_database.cidr)) && can(cidrhost(var.warehouse_database.cidr, 0))
    error_message = "Give warehouse_database.cidr as IPv4 addresses of /16 or narrower, best the one address of the database, as in 10.1.2.4/32: load can reach all of them."
  }

  # Two ranges overlap when they begin alike up to the length of the wider one's prefix.
  validation {
    condition = !try(
      cidrhost("${split("/", var.source_database.cidr)[0]}/${min(split("/", var.source_database.cidr)[1], split("/", var.warehouse_database.cidr)[1])}", 0)
      == cidrhost("${split("/", var.warehouse_database.cidr)[0]}/${min(split("/", var.source_database.cidr)[1], split("/", var.warehouse_database.cidr)[1])}", 0),
      false,
    )
    error_message = "The addresses of source_database and warehouse_database overlap, so that ingest could reach the warehouse and load the source: give each the addresses of its own database, as in 10.1.2.3/32 and 10.1.2.4/32."
  }
}

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
  description = "A secret with username and password of who may make roles on the server of your own warehouse. With it apply makes the logins; without it a person does (sql/roles)."
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
  description = "Whether apply brings the warehouse's schema up to date, whenever load's zip has changed. Set it to false for the first apply when the secrets are still empty."
  type        = bool
  default     = true
}

variable "schedule" {
  description = "When the pipeline runs, as rate(…) or cron(…)."
  type        = string
  default     = "rate(15 minutes)"

  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]* (minutes?|hours?|days?)\\)|cron\\([^ ]+( [^ ]+){5}\\))$", var.schedule))
    error_message = "Give schedule as rate(15 minutes) or cron(0/15 * * * ? *)."
  }
}

variable "schedule_enabled" {
  description = "Whether the schedule starts executions. While it is off the freshness alarm is silent."
  type        = bool
  default     = true

  validation {
    condition     = !var.schedule_enabled || var.migrate || !var.create_secrets
    error_message = "The schedule would start executions for a warehouse that is not there yet: set schedule_enabled to false until the connections are in the secrets, then schedule_enabled and migrate to true."
  }
}

variable "schedule_timezone" {
  description = "The time zone of a cron schedule."
  type        = string
  default     = "UTC"
}

variable "schedule_window_minutes" {
  description = "Within how many minutes after its time an execution starts; 0 is at once."
  type        = number
  default     = 1

  validation {
    condition     = var.schedule_window_minutes >= 0 && var.schedule_window_minutes <= 60
    error_message = "Set schedule_window_minutes from 0 to 60, and to less than the time between two runs."
  }
}

variable "alert_emails" {
  description = "Who is told when something needs a person. Each address has to confirm once."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+$", address))])
    error_message = "Give each of alert_emails as an address, as in data@example.com."
  }
}

variable "freshness_minutes" {
  description = "After how many minutes without a load the alarm goes off: two runs and their retries have to fit."
  type        = number
  default     = 45

  validation {
    condition     = var.freshness_minutes >= 10 && var.freshness_minutes <= 1440
    error_message = "Set freshness_minutes from 10 to 1440, and to at least twice the time between two runs."
  }

  # Of a cron expression only a person knows how long its longest pause is.
  validation {
    condition = try(
      var.freshness_minutes >= 2 * regex("^rate\\(([0-9]+) ", var.schedule)[0] * { minute = 1, hour = 60, day = 1440 }[regex("(minute|hour|day)s?\\)$", var.schedule)[0]],
      true,
    )
    error_message = "The freshness alarm would go off between two runs: set freshness_minutes to at least twice the period of schedule."
  }
}

variable "quarantine_rows" {
  description = "How many rows may wait in the quarantine before the alarm goes off."
  type        = number
  default     = 0
}

variable "tags" {
  description = "Tags of everything that has tags."
  type        = map(string)
  default     = {}
}
