# The state machine, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_state_machine_is_the_one_of_the_repository_and_invokes_aliases" {
  command = plan

  assert {
    condition = length(setsubtract(
      keys(jsondecode(file("../statemachine/pipeline.asl.json")).States),
      keys(jsondecode(aws_sfn_state_machine.this.definition).States),
    )) == 0
    error_message = "A state is missing."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.Ingest.Arguments.FunctionName == aws_lambda_alias.live["ingest"].arn
    error_message = "The state machine has to invoke the alias, so that a hot fix reaches what is redriven."
  }

  assert {
    condition     = !can(regex("[$][{]", aws_sfn_state_machine.this.definition))
    error_message = "A placeholder has no value."
  }
}

run "a_step_waits_longer_than_its_function_may_take" {
  command = plan

  # The first is the execution's, the others are those of the five tasks.
  assert {
    condition     = length(regexall("\"TimeoutSeconds\": *[0-9]+", aws_sfn_state_machine.this.definition)) == 6
    error_message = "A task has no time-out of its own: it would wait for as long as the execution."
  }

  assert {
    condition = alltrue([
      for found in regexall("\"TimeoutSeconds\": *([0-9]+)", aws_sfn_state_machine.this.definition) :
      tonumber(found[0]) > max(values(aws_lambda_function.this)[*].timeout...)
    ])
    error_message = "A task gives up before its function does: a second invocation would run beside the first."
  }
}

run "the_state_machine_invokes_three_aliases_and_nothing_else" {
  command = plan

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.state_machine.policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "lambda:InvokeFunction")
    ]) == [for function in ["ingest", "transform", "load"] : "arn:aws:lambda:eu-west-2:111122223333:function:starlift-totesys-${function}:live"]
    error_message = "The state machine may not invoke the three aliases, or something that is not one of them."
  }

  assert {
    condition     = alltrue([for found in regexall("\"FunctionName\": *\"([^\"]+)\"", aws_sfn_state_machine.this.definition) : endswith(found[0], ":live")])
    error_message = "A task invokes a function and not its alias: a hot fix would not reach what is redriven."
  }
}
