# The ways in and out, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "nothing_gets_out_but_to_a_database_s3_and_the_secrets" {
  command = plan

  variables {
    source_database = { cidr = "10.1.2.3/32", port = 5433 }
  }

  assert {
    condition = {
      for way, rule in merge(
        { for function, rule in aws_vpc_security_group_egress_rule.database : "${function} to its database" => rule },
        { for function, rule in aws_vpc_security_group_egress_rule.s3 : "${function} to S3" => rule },
        { for function, rule in aws_vpc_security_group_egress_rule.secrets : "${function} to its secrets" => rule },
        { "BI tools to the warehouse" = aws_vpc_security_group_egress_rule.bi },
      ) : way => join(" ", compact([rule.ip_protocol, rule.from_port, rule.to_port, rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_security_group_id]))
      } == {
      "ingest to its database"    = "tcp 5433 5433 10.1.2.3/32"
      "load to its database"      = "tcp 5432 5432 sg-1"
      "ingest to S3"              = "tcp 443 443 pl-s3"
      "load to S3"                = "tcp 443 443 pl-s3"
      "ingest to its secrets"     = "tcp 443 443 sg-secrets"
      "load to its secrets"       = "tcp 443 443 sg-secrets"
      "BI tools to the warehouse" = "tcp 5432 5432 sg-1"
    }
    error_message = "A way out is missing, or wider than one port of one destination."
  }

  assert {
    condition = alltrue([
      for group in [aws_security_group.ingest, aws_security_group.load, aws_security_group.bi, aws_security_group.secrets_endpoint[0]] :
      length(coalesce(group.egress, [])) == 0 && length(coalesce(group.ingress, [])) == 0
    ])
    error_message = "A rule stands in a group itself, where nobody looks for it."
  }
}

run "s3_is_reached_without_leaving_the_vpc" {
  command = plan

  assert {
    condition     = length(aws_vpc_endpoint.s3) == 1 && aws_vpc_endpoint.s3[0].vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3[0].route_table_ids == toset(var.route_table_ids)
    error_message = "Ingest and load have no way to S3."
  }
}

run "a_vpc_that_has_its_own_way_to_s3_gets_no_second_one" {
  command = plan

  variables {
    route_table_ids = []
  }

  assert {
    condition     = length(aws_vpc_endpoint.s3) == 0
    error_message = "A route table takes one endpoint for S3."
  }
}
