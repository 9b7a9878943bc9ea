variable "vpc_id" {
  description = "The VPC of source and warehouse."
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

variable "source_security_group_id" {
  description = "The security group of the source."
  type        = string
}

variable "warehouse_security_group_id" {
  description = "The security group of the warehouse."
  type        = string
}

variable "alert_emails" {
  description = "Who is told when something needs a person."
  type        = list(string)
}
