"""The lists of the Terraform module's inputs and outputs say what its files say."""

import tempfile
import unittest
from pathlib import Path

from module_docs import MODULE, lists, variable_files

VARIABLES = """
variable "name" {
  description = "As <name> | alias."
  type        = string
}

variable "size" {
  description = "How large."
  type        = object({ memory = optional(number, 128), parts = map(object({ a = string, b = string })) })
  default     = null
}
"""

OUTPUTS = 'output "arn" {\n  description = "The ARN."\n  value       = "x"\n}\n'


class ModuleDocs(unittest.TestCase):
    """The lists of a module."""

    def test_every_input_and_output_has_a_line(self) -> None:
        inputs, _, outputs = lists(MODULE).partition("\n| output |")
        files = [(file, "variable", inputs) for file in variable_files(MODULE)]
        for file, kind, written in (*files, (MODULE / "outputs.tf", "output", outputs)):
            lines = file.read_text().splitlines()
            declared = [line.split('"')[1] for line in lines if line.startswith(kind)]
            self.assertGreater(len(declared), 5)
            for name in declared:
                self.assertEqual(written.count(f"\n| `{name}` |"), 1, name)

    def test_an_input_without_a_default_must_be_given_and_an_object_tells_its_fields(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            module = Path(folder)
            (module / "variables.tf").write_text(VARIABLES)
            (module / "outputs.tf").write_text(OUTPUTS)
            written = lists(module)
        self.assertIn("| `name` | `string` | must be given | As \\<name> \\| alias. |", written)
        self.assertIn("| `size` | `object` | `null` | How large. |", written)
        fields = ("memory = optional(number, 128)", "parts = map(object({a = string, b = string}))")
        self.assertIn("\n".join(["size = {", *(f"  {field}" for field in fields), "}"]), written)
        self.assertIn("| `arn` | The ARN. |", written)
