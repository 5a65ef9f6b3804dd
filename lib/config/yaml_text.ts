// Data as YAML text, for manifests of other tools.
import { stringify } from "yaml";

/** The text, with long strings in one line. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
