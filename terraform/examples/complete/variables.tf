variable "region" {
  description = "The region."
  type        = string
  default     = "eu-west-2"
}

variable "vpc_id" {
  description = "The VPC from which the source can be reached."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the VPC, in two zones."
  type        = list(string)
}

variable "route_table_ids" {
  description = "The route tables of these subnets."
  type        = list(string)
}

variable "source_cidr" {
  description = "The addresses of the source."
  type        = string
}

variable "alert_emails" {
  description = "Who is told when something needs a person."
  type        = list(string)
}

variable "warehouse_managed_roles" {
  description = "Whether apply makes the warehouse's logins, which then take tokens of IAM. False: a person makes them and fills their secrets."
  type        = bool
  default     = true
}

variable "schedule" {
  description = "When the pipeline runs."
  type        = string
  default     = "cron(0/10 6-22 * * ? *)"
}

variable "secrets_are_filled" {
  description = "False for the first apply, which makes the secrets; true when the connections are in them."
  type        = bool
}
