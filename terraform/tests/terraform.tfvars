# What every test begins with. Tests need Terraform 1.11, the first in which mocks answer while planning; the module does not.

name = "totesys"
# Any files do: nothing runs here.
lambda_zips        = { ingest = "main.tf", transform = "main.tf", load = "main.tf" }
secrets            = { source = "Project", warehouse = "warehouse-db-credentials", migrator = "warehouse-db-migrator" }
vpc_id             = "vpc-0"
subnet_ids         = ["subnet-0", "subnet-1"]
route_table_ids    = ["rtb-0"]
source_database    = { security_group_id = "sg-0" }
warehouse_database = { security_group_id = "sg-1" }
