# The three zones. Objects of the raw and processed zones are never written over, and neither are the records of the control zone.

resource "aws_s3_bucket" "zone" {
  #checkov:skip=CKV_AWS_18:Kept when access_log_bucket names a bucket for it; the functions' logs name every object that they write.
  #checkov:skip=CKV_AWS_144:A lost region loses source and warehouse too; versions and the source make the zones again.
  #checkov:skip=CKV2_AWS_62:The state machine says what is to be done; nothing waits for objects.
  for_each = local.zones

  bucket = "${local.prefix}-${each.key}"
  tags   = merge(local.tags, { zone = each.key })
}

resource "aws_s3_bucket_public_access_block" "zone" {
  for_each = local.zones

  bucket                  = aws_s3_bucket.zone[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "zone" {
  for_each = local.zones

  bucket = aws_s3_bucket.zone[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "zone" {
  for_each = { for zone in local.zones : zone => var.access_log_bucket if var.access_log_bucket != null }

  bucket        = aws_s3_bucket.zone[each.key].id
  target_bucket = each.value
  target_prefix = "${aws_s3_bucket.zone[each.key].id}/"
}

resource "aws_s3_bucket_versioning" "zone" {
  for_each = local.zones

  bucket = aws_s3_bucket.zone[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "zone" {
  for_each = local.zones

  bucket = aws_s3_bucket.zone[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.kms_key_arn
    }
  }
}

locals {
  bucket_statements = {
    for zone in local.zones : zone => concat(
      jsondecode(templatefile("${path.module}/policies/bucket.json", { bucket_arn = aws_s3_bucket.zone[zone].arn })).Statement,
      zone != "control" ? [] : jsondecode(templatefile("${path.module}/policies/control_bucket.json", { bucket_arn = aws_s3_bucket.zone[zone].arn })).Statement,
    )
  }
}

resource "aws_s3_bucket_policy" "zone" {
  for_each = local.zones

  bucket = aws_s3_bucket.zone[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.bucket_statements[each.key] })

  # S3 takes one change of a bucket's access at a time.
  depends_on = [aws_s3_bucket_public_access_block.zone, aws_s3_bucket_ownership_controls.zone]
}

resource "aws_s3_bucket_lifecycle_configuration" "zone" {
  for_each = local.zones

  bucket = aws_s3_bucket.zone[each.key].id

  rule {
    id     = "drop-what-was-never-finished"
    status = "Enabled"

    filter {}

    # Parts of an upload whose function died.
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "drop-what-marks-nothing"
    status = "Enabled"

    filter {}

    # A deletion leaves a mark, which outlives the versions that it hides.
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "age"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    dynamic "transition" {
      # S3 takes no transition that is not before the expiry.
      for_each = each.key == "ingest" && var.raw_infrequent_access_days < coalesce(var.raw_expiry_days, 1000000) ? [var.raw_infrequent_access_days] : []

      content {
        days          = transition.value
        storage_class = "STANDARD_IA"
      }
    }

    # Manifests and publications are small, and a replay begins with them: they stay.
    dynamic "expiration" {
      for_each = each.key != "control" && var.raw_expiry_days != null ? [var.raw_expiry_days] : []

      content {
        days = expiration.value
      }
    }
  }

  # Rules about old versions are refused before there are versions.
  depends_on = [aws_s3_bucket_versioning.zone]
}
