// Tokens on their way from the environment to a step's process: read at the start of an attempt, kept nowhere.
import { grantedVariable } from "../disk/granted.ts";
import type { StepRequest } from "../store/step_request.ts";
import { isSecretName } from "../worker/secret_names.ts";
import { namedVariables } from "../worker/variable_names.ts";

/** Environment variable to token, for the variables that the step's datasets name and that are set. */
export function stepSecrets(request: StepRequest): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const dataset of Object.values(request.datasets)) {
    if (dataset.type !== "webdataset") continue;
    const { token_variable: variable, shards } = dataset;
    if (variable === null || shards.kind !== "remote") continue;
    const value = grantedVariable(variable)?.trim() ?? "";
    if (value !== "") secrets[variable] = value;
  }
  return secrets;
}

/** Those of the variables that a step declares whose names say that they hold secrets, where they are set. */
export function declaredSecrets(
  declared: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    namedVariables(declared).filter(isSecretName).map((
      name,
    ) => [name, grantedVariable(name)?.trim() ?? ""]),
  );
}
