# Where the databases are, and how the functions get there.

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
