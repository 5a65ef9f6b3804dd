// The token of a dataset: a pipeline names the environment variable that holds it, and nothing that is kept holds it itself.

/** A token on its way to a server. */
export interface ShardToken {
  /** Name of the environment variable. */
  readonly name: string;
  /** Null where the variable is not set: servers that ask for no token are read all the same. */
  readonly value: string | null;
}

/** The variable that `${NAME}` names; null for any other text, which may be a token itself. */
export function tokenVariable(written: string): string | null {
  return /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(written.trim())?.[1] ?? null;
}

/** Shorter ones cannot be masked without masking other text. */
const SHORTEST_SECRET = 8;

/** Whether a token can be sent, and is long enough that it can be masked. */
export function isSendable(token: string): boolean {
  return token.length >= SHORTEST_SECRET && /^[\x21-\x7e]+$/.test(token);
}

/** A function that replaces every secret of at least 8 characters in a line of text by `${NAME}`. */
export function maskSecrets(
  secrets: Readonly<Record<string, string>>,
): (line: string) => string {
  const known = Object.entries(secrets).flatMap(([name, value]) =>
    formsOf(value).map((form) => ({ form, shown: `\${${name}}` }))
  );
  // A secret may be a part of another one.
  known.sort((left, right) => right.form.length - left.form.length);
  return (line) =>
    known.reduce(
      (masked, { form, shown }) => masked.replaceAll(form, () => shown),
      line,
    );
}

/** What a secret looks like in a line: a key of several lines comes in as many. As it is, and as it stands in JSON. */
function formsOf(secret: string): string[] {
  const lines = secret.split("\n").map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_SECRET);
  return lines.flatMap((line) => {
    const inJson = JSON.stringify(line).slice(1, -1);
    return inJson === line ? [line] : [line, inJson];
  });
}
