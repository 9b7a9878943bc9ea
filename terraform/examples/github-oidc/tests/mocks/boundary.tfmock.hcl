# With the longest name that it may have.

override_resource {
  target = aws_iam_policy.boundary
  values = { arn = "arn:aws:iam::123456789012:policy/starlift-github-a-name-of-20-letters-boundary" }
}
