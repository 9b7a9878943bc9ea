# What differs where AWS is this machine. The endpoint, the account and the region are in the environment.
provider "aws" {
  # A bucket has no host name of its own here.
  s3_use_path_style = true
}
