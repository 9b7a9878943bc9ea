# For tflint: what is good practice in any module. The ruleset is part of tflint.

plugin "terraform" {
  enabled = true
  preset  = "recommended"
}
