// HTML and SVG as escaped text: what a template holds is markup, what is put into it never is.
import { html as escapingTemplate, raw } from "hono/html";

/** Finished markup; only this file makes it. */
export interface Markup {
  readonly isEscaped: true;
  toString(): string;
}

/** What a template takes: text is escaped, markup stays, lists are joined, and null or false leave nothing. */
export type MarkupPart =
  | Markup
  | string
  | number
  | null
  | undefined
  | false
  | readonly MarkupPart[];

/** A template tag: `` markup`<p>${text}</p>` ``. */
export function markup(
  strings: TemplateStringsArray,
  ...parts: readonly MarkupPart[]
): Markup {
  // The library answers a promise only for parts that are promises, which the types above keep out.
  return escapingTemplate(strings, ...parts.map(printable)) as Markup;
}

/** Text of ours that is markup already: styles, scripts, paths. Never for what a user, a file or a log says. */
export function trusted(text: string): Markup {
  return raw(text) as Markup;
}

function printable(part: MarkupPart): unknown {
  if (typeof part === "string") return withoutControls(part);
  return Array.isArray(part) ? part.map(printable) : part;
}

/** Terminal escapes and marks that turn the direction of text are shown, not sent. */
export function withoutControls(text: string): string {
  return text.replaceAll(
    /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (mark) => {
      const code = mark.charCodeAt(0);
      return code < 0x20
        ? String.fromCharCode(0x2400 + code)
        : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
}
