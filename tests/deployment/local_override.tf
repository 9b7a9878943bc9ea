# What differs where AWS is this machine. The endpoint, the account and the region are in the environment.
provider "aws" {
  # A bucket has no host name of its own here.
  s3_use_path_style = true
}

module "starlift" {
  # Nothing answers here by an endpoint's own name.
  secrets_endpoint_private_dns = true
}
