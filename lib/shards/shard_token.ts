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

/** Whether a token can be sent, and is long enough that it can be masked without masking other text. */
export function isSendable(token: string): boolean {
  return /^[\x21-\x7e]{8,}$/.test(token);
}

/** A function that replaces every secret in a text by `${NAME}`. */
export function maskSecrets(
  secrets: Readonly<Record<string, string>>,
): (text: string) => string {
  const known = Object.entries(secrets).filter(([, value]) =>
    isSendable(value)
  );
  if (known.length === 0) return (text) => text;
  return (text) =>
    known.reduce(
      (masked, [name, value]) =>
        // As it is, and as it stands in JSON.
        masked.replaceAll(value, `\${${name}}`)
          .replaceAll(JSON.stringify(value).slice(1, -1), `\${${name}}`),
      text,
    );
}
