# The dashboard, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_page_answers_what_an_operator_looks_for" {
  command = plan

  assert {
    condition = [
      for shown in ["Executions", "Freshness", "From commit in the source to visible", "Quarantine", "Cost of an execution", "Rows of each table, by run", "Failures"] : shown
      if !anytrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : startswith(widget.properties.title, shown)])
    ] == []
    error_message = "A chart is missing."
  }

  assert {
    condition = length(distinct([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [widget.x, widget.y]
    ])) == length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets)
    error_message = "One chart lies over another."
  }
}

run "every_chart_names_metrics_with_their_dimensions" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for metric in try(widget.properties.metrics, []) :
        # A name has text only; how a metric is shown, or what is computed of others, is an object at the end.
        can(metric[0].expression) || (length([for name in metric : name if can(tostring(name))]) >= 4 && length([for name in metric : name if can(tostring(name))]) % 2 == 0)
      ]
    ]))
    error_message = "A metric is a namespace, a name, and pairs of dimensions."
  }
}

run "the_cost_counts_every_state_of_the_state_machine" {
  command = plan

  # A state that invokes nothing is entered once by an execution, or once in each of its rounds.
  assert {
    condition = sum([
      for factor in flatten(regexall("([0-9]+) \\* (?:executions|FILL\\(calls_ingest, 0\\))", one(flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
          for metric in try(widget.properties.metrics, []) : try([metric[0].expression], [])
        ]
      ])))) : tonumber(factor)
    ]) == length([for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) : state if state.Type != "Task"])
    error_message = "A state that invokes nothing is not counted, or one is that is gone."
  }
}
