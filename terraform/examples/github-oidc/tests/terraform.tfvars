# What every test begins with.

repository       = "example/warehouse"
pipeline         = "totesys"
bucket_prefix    = "starlift-totesys-123456789012"
vpc_id           = "vpc-0"
secrets          = ["Project"]
existing_secrets = ["administrator"]
state_bucket     = "example-terraform"

database_security_group_ids = ["sg-1"]
