# Who may make no role without a boundary can apply the module.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  warehouse          = {}
  warehouse_database = null

  permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
}

run "every_role_is_made_inside_the_boundary" {
  command = plan

  assert {
    condition = alltrue([
      for role in concat(values(aws_iam_role.function), values(aws_iam_role.monitoring), [aws_iam_role.state_machine, aws_iam_role.scheduler]) :
      role.permissions_boundary == var.permissions_boundary_arn
    ])
    error_message = "A role without the boundary is one that the apply may not make."
  }
}
