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
  description = "A key for buckets, logs, secrets, alerts and the warehouse. Without it the module makes one. It has to be known before the apply: a key of the same configuration is made first. The key policy of one's own has to let in what key_policy.json lets in."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]+$", var.kms_key_arn))
    error_message = "Give kms_key_arn as arn:aws:kms:<region>:<account>:key/<id>: policies name the key itself, so an alias or a bare id is not enough."
  }
}

variable "permissions_boundary_arn" {
  description = "A policy that says what the roles that the module makes can be given at most, where who applies it may make no role without one. examples/github-oidc makes such a policy."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[A-Za-z0-9/+=,.@_-]+$", var.permissions_boundary_arn))
    error_message = "Give permissions_boundary_arn as arn:aws:iam::<account>:policy/<name>, or leave it out."
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
  description = "A bucket for S3's own log of who asked for what; none is kept unless it is given. It has to be known before the apply: a bucket of the same configuration is named in words, not by its attribute."
  type        = string
  default     = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "Give access_log_bucket as the bucket's name, not as its ARN."
  }
}

variable "raw_infrequent_access_days" {
  description = "After how many days raw objects of 128 KB and more move to the storage class for infrequent access."
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
  description = "Tags of everything that has tags. The tag pipeline is the module's own: it is always name."
  type        = map(string)
  default     = {}
}
