// Environment variables that hold secrets, told by their names: a step's process gets those that it declares, and no others.
import { grantsVariable, ownVariables } from "./variable_names.ts";

const SECRET_NAME =
  /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|(API|ACCESS|PRIVATE)_?KEY/i;
const ENV_FLAG = "--allow-env=";

/** Whether a variable of that name holds a secret, as far as a name tells. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * The variables that are emptied for a process with these flags: code in it cannot ask for them, but the system shows a process's
 * environment to everybody who may look at it. `more` are secrets whatever they are called.
 */
export function withheldVariables(
  flags: readonly string[],
  more: readonly string[],
): Record<string, string> {
  const granted = flags.filter((flag) => flag.startsWith(ENV_FLAG))
    .flatMap((flag) => flag.slice(ENV_FLAG.length).split(","));
  const known = ownVariables().filter(isSecretName);
  return Object.fromEntries(
    [...known, ...more].filter((name) => !grantsVariable(granted, name))
      .map((name) => [name, ""]),
  );
}
