# Who may make roles only within a boundary, and change only what has the pipeline's tag, can apply the module.

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

run "the_tag_that_rights_hang_on_is_the_pipelines_own" {
  command = plan

  variables {
    tags = { pipeline = "sales", team = "data" }
  }

  assert {
    condition     = aws_security_group.load.tags == tomap({ pipeline = "totesys", team = "data" })
    error_message = "With another tag the role that made a group may not change it."
  }
}
