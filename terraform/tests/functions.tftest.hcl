# The functions, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "transform_is_outside_the_vpc_and_the_others_are_inside" {
  command = plan

  assert {
    condition     = length(aws_lambda_function.this["transform"].vpc_config) == 0
    error_message = "Transform reads no database: it belongs outside the VPC."
  }

  assert {
    condition     = alltrue([for function in ["ingest", "load"] : length(aws_lambda_function.this[function].vpc_config) == 1])
    error_message = "Ingest and load reach their databases only from inside the VPC."
  }
}

run "functions_are_for_arm64_and_published" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.architectures) == "arm64" && function.publish])
    error_message = "The functions are built for arm64 and published by default."
  }

  assert {
    condition     = { for function, alias in aws_lambda_alias.live : function => alias.function_version } == { ingest = "7", load = "9", transform = "8" }
    error_message = "What runs is the version of its function that was published last."
  }
}

run "a_function_is_as_big_as_it_is_asked_to_be" {
  command = plan

  variables {
    architecture      = "x86_64"
    function_settings = { transform = { memory = 4096, storage = 8192, timeout = 600, concurrency = 5 } }
  }

  assert {
    condition = [
      for function in [aws_lambda_function.this["transform"]] :
      [one(function.architectures), function.memory_size, one(function.ephemeral_storage).size, function.timeout, function.reserved_concurrent_executions]
    ] == [["x86_64", 4096, 8192, 600, 5]]
    error_message = "Transform has other settings than it was given."
  }

  assert {
    condition = {
      for function, made in aws_lambda_function.this : function => one(made.ephemeral_storage).size if function != "transform"
    } == { ingest = 512, load = 4096 }
    error_message = "Load stages what it publishes on its disk: the default of Lambda is too small."
  }
}

run "the_functions_log_json_and_say_themselves_what_is_logged" {
  command = plan

  assert {
    condition = alltrue([
      for function, made in aws_lambda_function.this :
      one(made.logging_config).log_format == "JSON" && one(made.logging_config).log_group == "/aws/lambda/starlift-totesys-${function}"
    ])
    error_message = "A function's log is text, or goes where nobody looks for it."
  }

  assert {
    condition = alltrue([
      for made in aws_lambda_function.this :
      one(made.logging_config).application_log_level == "TRACE" && made.environment[0].variables.STARLIFT_LOG == var.log_filter
    ])
    error_message = "Lambda leaves out what log_filter asks for."
  }
}

run "the_warehouse_is_migrated_by_the_version_of_load_that_is_about_to_run" {
  command = plan

  assert {
    condition     = aws_lambda_invocation.migrate[0].qualifier == "9" && aws_lambda_invocation.migrate[0].function_name == "starlift-totesys-load"
    error_message = "By its alias load would migrate with the code before, or run on a schema that could not be migrated."
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.migrate[0].input) == { action = "migrate" }
    error_message = "Without an administrator there is nothing to be told."
  }
}
