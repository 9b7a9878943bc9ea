# One page for whoever looks, and the five questions that an operator asks of the logs.

locals {
  log_groups = merge(
    { for function in local.functions : function => aws_cloudwatch_log_group.function[function].name },
    { state_machine = aws_cloudwatch_log_group.state_machine.name },
  )

  # A metric of Starlift, by its name and the step that writes it.
  measured = {
    for measure in [
      ["RowsRead", "ingest"], ["RowsWritten", "transform"], ["RowsWritten", "load"], ["RowsDeleted", "load"],
      ["RowsInQuarantine", "load"], ["RowsHeld", "transform"], ["RowsHeld", "load"],
      ["BytesWritten", "ingest"], ["BytesWritten", "transform"], ["BytesWritten", "export"],
      ["WarehouseAge", "begin"], ["WarehouseAge", "load"], ["ChangeLag", "load"],
      ["Duration", "begin"], ["Duration", "ingest"], ["Duration", "transform"], ["Duration", "load"], ["Duration", "export"],
      ["PeakMemory", "ingest"], ["PeakMemory", "transform"], ["PeakMemory", "load"], ["PeakMemory", "export"],
    ] : "${measure[1]} ${measure[0]}" => [local.metrics, measure[0], "pipeline", var.name, "step", measure[1]]
  }

  charts = [
    {
      title = "Executions"
      stat  = "Sum"
      metrics = [
        for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
        ["AWS/States", metric, "StateMachineArn", local.state_machine_arn]
      ]
    },
    {
      title   = "Freshness: seconds since the snapshot that the warehouse shows, when a run begins and when it ends"
      stat    = "Maximum"
      metrics = [local.measured["begin WarehouseAge"], local.measured["load WarehouseAge"]]
      limit   = { label = "Alarm", value = var.freshness_minutes * 60 }
    },
    {
      title = "From commit in the source to visible in the warehouse: between these many seconds"
      stat  = "Maximum"
      metrics = [
        concat(local.measured["load WarehouseAge"], [{ stat = "Minimum", label = "at least" }]),
        concat(local.measured["load ChangeLag"], [{ label = "at most" }]),
      ]
    },
    {
      title = "Rows read, and rows written: versions of facts, and rows of dimensions"
      stat  = "Sum"
      metrics = [
        local.measured["ingest RowsRead"], local.measured["transform RowsWritten"],
        local.measured["load RowsWritten"], local.measured["load RowsDeleted"],
      ]
    },
    {
      title   = "Quarantine: rows in it, and rows newly held back or tried in vain"
      stat    = "Maximum"
      metrics = [local.measured["load RowsInQuarantine"], local.measured["load RowsHeld"], local.measured["transform RowsHeld"]]
      limit   = { label = "Alarm", value = var.quarantine_rows }
    },
    {
      title   = "Bytes written to the three buckets"
      stat    = "Sum"
      metrics = [local.measured["ingest BytesWritten"], local.measured["transform BytesWritten"], local.measured["export BytesWritten"]]
    },
    {
      title   = "Seconds that steps took"
      stat    = "Maximum"
      metrics = [for step in ["begin", "ingest", "transform", "load", "export"] : local.measured["${step} Duration"]]
    },
    {
      title   = "Peak memory (MiB)"
      stat    = "Maximum"
      metrics = [for step in ["ingest", "transform", "load", "export"] : local.measured["${step} PeakMemory"]]
    },
    {
      title   = "Errors and throttles"
      stat    = "Sum"
      metrics = [for pair in setproduct(["Errors", "Throttles"], sort(tolist(local.functions))) : ["AWS/Lambda", pair[0], "FunctionName", local.function_names[pair[1]]]]
    },
    {
      title   = "Cost of an execution (USD): functions and state transitions, by list prices; without S3, KMS, logs and databases"
      stat    = "Sum"
      period  = 3600
      metrics = concat([[{ expression = local.cost_of_an_execution, label = "USD", id = "cost" }]], local.cost_inputs)
    },
  ]

  # List prices in USD, as in eu-west-2; as text, because metric math knows no exponents.
  price_of_gb_second  = { arm64 = "0.0000133334", x86_64 = "0.0000166667" }[var.architecture]
  price_of_request    = "0.0000002"
  price_of_transition = "0.000025"

  cost_inputs = concat(
    [["AWS/States", "ExecutionsStarted", "StateMachineArn", local.state_machine_arn, { id = "executions", visible = false }]],
    [
      for function in sort(tolist(local.functions)) :
      ["AWS/Lambda", "Duration", "FunctionName", local.function_names[function], { id = "milliseconds_${function}", visible = false }]
    ],
    [
      for function in sort(tolist(local.functions)) :
      ["AWS/Lambda", "Invocations", "FunctionName", local.function_names[function], { id = "calls_${function}", visible = false }]
    ],
  )
  # An hour in which nothing was new has no call of transform, and what is missing would make the sum missing too.
  gb_milliseconds = join(" + ", [
    for function in sort(tolist(local.functions)) : "FILL(milliseconds_${function}, 0) * ${var.function_settings[function].memory} / 1024"
  ])
  calls = join(" + ", [for function in sort(tolist(local.functions)) : "FILL(calls_${function}, 0)"])
  # Every invocation is a state of its own. Of those that invoke nothing an execution enters two, and each of its rounds, which calls ingest once, three.
  transitions          = "(${local.calls} + 3 * FILL(calls_ingest, 0) + 2 * executions)"
  cost_of_an_execution = "((${local.gb_milliseconds}) / 1000 * ${local.price_of_gb_second} + (${local.calls}) * ${local.price_of_request} + ${local.transitions} * ${local.price_of_transition}) / executions"

  chart_widgets = [
    for chart in local.charts : {
      type = "metric"
      properties = merge(
        {
          title   = chart.title
          region  = local.region
          stat    = chart.stat
          period  = try(chart.period, 300)
          view    = "timeSeries"
          metrics = chart.metrics
        },
        can(chart.limit) ? { annotations = { horizontal = [chart.limit] } } : {},
      )
    }
  ]

  # What is asked of the logs: a test compares these texts with what a run writes.
  questions = jsondecode(file("${path.module}/queries/questions.json"))
  query_widgets = [
    for title, question in local.questions.dashboard : {
      type = "log"
      properties = {
        title  = title
        region = local.region
        view   = "table"
        query = join(" | ", concat(
          [for group in question.groups : "SOURCE '${local.log_groups[group]}'"],
          [trimspace(file("${path.module}/queries/${question.query}.txt"))],
        ))
      }
    }
  ]
  widgets = concat(local.chart_widgets, local.query_widgets)
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = [
      for number, widget in local.widgets :
      merge(widget, { x = 12 * (number % 2), y = 6 * floor(number / 2), width = 12, height = 6 })
    ]
  })
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.questions.saved

  name            = "${local.name}/${each.key}"
  log_group_names = [for group in each.value.groups : local.log_groups[group]]
  query_string    = file("${path.module}/queries/${each.value.query}.txt")
}
