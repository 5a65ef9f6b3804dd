// Texts that name secrets: filled in just before they are sent, and masked in whatever is told afterwards.
import { SECRET_REFERENCE } from "../catalog/hook_options.ts";
import { grantedVariable } from "../disk/granted.ts";
import { RefusedError } from "../error/failure.ts";

/** Gathers the secrets of one message. */
export class SecretTexts {
  readonly #values = new Map<string, string>();

  /**
   * `written` with each reference replaced by what it stands for.
   *
   * @throws RefusedError where that is not there
   */
  fill(written: string): string {
    return written.replaceAll(SECRET_REFERENCE, (_, name: string) => {
      const value = name.startsWith("file:")
        ? fileContent(name.slice("file:".length))
        : variable(name);
      this.#values.set(name, value);
      return value;
    });
  }

  /** `text` with every secret replaced by its reference, whole or as it is written in an address. */
  mask(text: string): string {
    let masked = text;
    for (const [name, value] of this.#values) {
      const forms = new Set([value, encodeURI(value), URL.parse(value)?.href]);
      for (const form of forms) {
        if (form !== undefined && form !== "") {
          masked = masked.replaceAll(form, `\${${name}}`);
        }
      }
    }
    return masked;
  }
}

function variable(name: string): string {
  const value = grantedVariable(name)?.trim() ?? "";
  if (value !== "") return value;
  throw new RefusedError(`The environment variable ${name} is not set`, {
    hint: `Set ${name}, where the run starts`,
  });
}

function fileContent(path: string): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path).trim();
  } catch (cause) {
    throw new RefusedError(`Cannot read "${path}"`, {
      cause,
      hint:
        "Name a file with the secret alone; the path is taken from where the run starts",
    });
  }
  if (text !== "") return text;
  throw new RefusedError(`Cannot use "${path}": it is empty`);
}
