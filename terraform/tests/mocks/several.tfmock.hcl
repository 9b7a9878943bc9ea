# The same, where there are several of a kind: each has its own, so that one in the place of another is seen.

override_resource {
  target = aws_s3_bucket.zone["ingest"]
  values = { arn = "arn:aws:s3:::ingest" }
}

override_resource {
  target = aws_s3_bucket.zone["processed"]
  values = { arn = "arn:aws:s3:::processed" }
}

override_resource {
  target = aws_s3_bucket.zone["control"]
  values = { arn = "arn:aws:s3:::control" }
}

override_resource {
  target = aws_iam_role.function["ingest"]
  values = { arn = "arn:aws:iam::111122223333:role/starlift-totesys-ingest" }
}

override_resource {
  target = aws_iam_role.function["transform"]
  values = { arn = "arn:aws:iam::111122223333:role/starlift-totesys-transform" }
}

override_resource {
  target = aws_iam_role.function["load"]
  values = { arn = "arn:aws:iam::111122223333:role/starlift-totesys-load" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["ingest"]
  values = { arn = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/starlift-totesys-ingest" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["transform"]
  values = { arn = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/starlift-totesys-transform" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["load"]
  values = { arn = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/starlift-totesys-load" }
}

override_resource {
  target = aws_lambda_function.this["ingest"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-ingest", version = "7" }
}

override_resource {
  target = aws_lambda_function.this["transform"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-transform", version = "8" }
}

override_resource {
  target = aws_lambda_function.this["load"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-load", version = "9" }
}

override_resource {
  target = aws_lambda_alias.live["ingest"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-ingest:live" }
}

override_resource {
  target = aws_lambda_alias.live["transform"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-transform:live" }
}

override_resource {
  target = aws_lambda_alias.live["load"]
  values = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-load:live" }
}

override_resource {
  target = aws_security_group.ingest
  values = { id = "sg-ingest", ingress = [], egress = [] }
}

override_resource {
  target = aws_security_group.load
  values = { id = "sg-load", ingress = [], egress = [] }
}

override_resource {
  target = aws_security_group.bi
  values = { id = "sg-bi", ingress = [], egress = [] }
}

override_resource {
  target = aws_security_group.secrets_endpoint
  values = { id = "sg-secrets", ingress = [], egress = [] }
}

override_resource {
  target = aws_security_group.warehouse
  values = { id = "sg-warehouse", ingress = [], egress = [] }
}

override_data {
  target = data.aws_secretsmanager_secret.this["Project"]
  values = { arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:Project-AbCdEf" }
}

override_data {
  target = data.aws_secretsmanager_secret.this["warehouse-db-credentials"]
  values = { arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:warehouse-db-credentials-AbCdEf" }
}

override_data {
  target = data.aws_secretsmanager_secret.this["warehouse-db-migrator"]
  values = { arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:warehouse-db-migrator-AbCdEf" }
}

override_resource {
  target = aws_cloudwatch_event_rule.ended["failed"]
  values = { arn = "arn:aws:events:eu-west-2:111122223333:rule/starlift-totesys-failed" }
}

override_resource {
  target = aws_cloudwatch_event_rule.ended["unexplained"]
  values = { arn = "arn:aws:events:eu-west-2:111122223333:rule/starlift-totesys-unexplained" }
}
