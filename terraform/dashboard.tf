# One page for whoever looks, and the five questions that an operator asks of the logs.

locals {
  log_groups  = { for function in local.functions : function => aws_cloudwatch_log_group.function[function].name }
  of_step     = { for function in local.functions : function => ["pipeline", var.name, "step", function] }
  lambda_rows = sort(tolist(local.functions))

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
      title = "Rows"
      stat  = "Sum"
      metrics = [
        concat([local.metrics, "RowsRead"], local.of_step.ingest),
        concat([local.metrics, "RowsTransformed"], local.of_step.transform),
        concat([local.metrics, "VersionsInserted"], local.of_step.load),
        concat([local.metrics, "VersionsDeleted"], local.of_step.load),
        concat([local.metrics, "DimensionRowsWritten"], local.of_step.load),
      ]
    },
    {
      title   = "Rows in the quarantine"
      stat    = "Maximum"
      metrics = [concat([local.metrics, "RowsInQuarantine"], local.of_step.load)]
    },
    {
      title   = "Seconds that the source's clock is ahead of its newest row"
      stat    = "Maximum"
      metrics = [concat([local.metrics, "SourceClockLag"], local.of_step.ingest)]
    },
    {
      title   = "Duration of steps (ms)"
      stat    = "Maximum"
      metrics = [for function in local.lambda_rows : ["AWS/Lambda", "Duration", "FunctionName", local.function_names[function]]]
    },
    {
      title   = "Peak memory (MB)"
      stat    = "Maximum"
      metrics = [for function in ["ingest", "transform"] : concat([local.metrics, "PeakMemory"], local.of_step[function])]
    },
    {
      title = "Errors and throttles"
      stat  = "Sum"
      metrics = concat([
        for metric in ["Errors", "Throttles"] : [
          for function in local.lambda_rows : ["AWS/Lambda", metric, "FunctionName", local.function_names[function]]
        ]
      ]...)
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = [
      for number, chart in local.charts : {
        type   = "metric"
        x      = 12 * (number % 2)
        y      = 6 * floor(number / 2)
        width  = 12
        height = 6
        properties = {
          title   = chart.title
          region  = local.region
          stat    = chart.stat
          period  = 300
          view    = "timeSeries"
          metrics = chart.metrics
        }
      }
    ]
  })
}

locals {
  questions = {
    "1 which runs failed, and why" = {
      groups = [aws_cloudwatch_log_group.state_machine.name]
      query  = <<-EOT
        fields @timestamp, execution_arn, details.error, details.cause
        | filter type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
        | sort @timestamp desc
      EOT
    }
    "2 what did each run publish" = {
      groups = [local.log_groups.load]
      query  = <<-EOT
        fields @timestamp, run, outcome, number, versions, deleted, dimension_rows, held, quarantined
        | filter message = "load ended"
        | sort @timestamp desc
      EOT
    }
    "3 which rows were held back, and where they lie" = {
      groups = [local.log_groups.transform, local.log_groups.load]
      query  = <<-EOT
        fields @timestamp, run, part, model, rows, object
        | filter message in ["rows were held back", "rows wait for rows that they refer to", "rows point to unknown members"]
        | sort @timestamp desc
      EOT
    }
    "4 what took long, or much memory" = {
      groups = values(local.log_groups)
      query  = <<-EOT
        filter type = "platform.report"
        | stats max(record.metrics.durationMs) / 1000 as seconds, max(record.metrics.maxMemoryUsedMB) as memory_mb, count(*) as calls by @log, bin(1h) as hour
        | sort hour desc
      EOT
    }
    "5 what does Starlift warn of" = {
      groups = values(local.log_groups)
      query  = <<-EOT
        fields @timestamp, @log, run, message
        | filter level in ["WARN", "ERROR"]
        | sort @timestamp desc
      EOT
    }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.questions

  name            = "${local.name}/${each.key}"
  log_group_names = each.value.groups
  query_string    = each.value.query
}
