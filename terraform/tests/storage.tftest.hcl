# The buckets, with a provider that makes nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "every_bucket_refuses_plaintext_and_the_public" {
  command = plan

  assert {
    condition = alltrue([
      for zone, bucket in aws_s3_bucket_policy.zone : anytrue([
        for statement in jsondecode(bucket.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*"
        && statement.Resource == ["arn:aws:s3:::${zone}", "arn:aws:s3:::${zone}/*"]
        && try(statement.Condition.Bool["aws:SecureTransport"] == "false", false)
      ])
    ]) && length(aws_s3_bucket_policy.zone) == 3
    error_message = "A bucket takes requests without TLS."
  }

  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.zone :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.zone) == 3
    error_message = "A bucket could be made public."
  }
}

run "only_the_control_bucket_has_records_that_are_created_once" {
  command = plan

  assert {
    condition = { for zone, bucket in aws_s3_bucket_policy.zone : zone => jsondecode(bucket.policy).Statement[*].Sid } == {
      control   = ["RefusePlaintext", "CreateRecordsOnly"]
      ingest    = ["RefusePlaintext"]
      processed = ["RefusePlaintext"]
    }
    error_message = "The control bucket has to refuse records that are not only created, and no other bucket has records."
  }
}

run "every_bucket_keeps_versions_under_the_pipelines_key" {
  command = plan

  assert {
    condition = alltrue([
      for bucket in aws_s3_bucket_server_side_encryption_configuration.zone :
      one(bucket.rule).bucket_key_enabled
      && one(one(bucket.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
      && one(one(bucket.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    ]) && length(aws_s3_bucket_server_side_encryption_configuration.zone) == 3
    error_message = "A bucket is not encrypted with the pipeline's key."
  }

  assert {
    condition = alltrue([
      for bucket in aws_s3_bucket_versioning.zone : one(bucket.versioning_configuration).status == "Enabled"
    ]) && length(aws_s3_bucket_versioning.zone) == 3
    error_message = "A bucket keeps no versions."
  }
}

run "nothing_expires_unless_it_is_asked_for" {
  command = plan

  variables {
    raw_infrequent_access_days = 45
  }

  assert {
    condition     = length(flatten([for zone in aws_s3_bucket_lifecycle_configuration.zone : [for rule in zone.rule : rule.expiration if rule.id == "age"]])) == 0
    error_message = "Raw objects expire by default, and with them the way back to a lost warehouse."
  }

  assert {
    condition = {
      for zone, rules in aws_s3_bucket_lifecycle_configuration.zone :
      zone => [for move in flatten([for rule in rules.rule : rule.transition]) : "${move.days} ${move.storage_class}"]
    } == { control = [], ingest = ["45 STANDARD_IA"], processed = [] }
    error_message = "Raw objects, and they alone, move to infrequent access when they are as old as was asked for."
  }

  assert {
    condition = alltrue([
      for zone in aws_s3_bucket_lifecycle_configuration.zone :
      flatten([for rule in zone.rule : rule.abort_incomplete_multipart_upload[*].days_after_initiation if rule.status == "Enabled"]) == [1]
    ])
    error_message = "Parts of uploads that were never finished are paid for, and nobody sees them: a day is enough."
  }
}

run "what_expires_is_raw_and_processed_and_no_record" {
  command = plan

  variables {
    raw_expiry_days = 400
  }

  assert {
    condition = {
      for zone, rules in aws_s3_bucket_lifecycle_configuration.zone :
      zone => flatten([for rule in rules.rule : rule.expiration[*].days if rule.id == "age"])
    } == { control = [], ingest = [400], processed = [400] }
    error_message = "Only the zones ingest and processed expire, and not before it was asked for."
  }
}

run "what_expires_first_is_not_moved_before" {
  command = plan

  variables {
    raw_expiry_days = 30
  }

  assert {
    condition     = length(flatten([for rule in aws_s3_bucket_lifecycle_configuration.zone["ingest"].rule : rule.transition])) == 0
    error_message = "S3 refuses a transition that is not before the expiry."
  }
}
