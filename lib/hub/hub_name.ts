// Names of repositories on the Hugging Face hub, and of files in them. Text only; no folder is looked at.

/** Kinds of repositories, as the hub's addresses spell them. */
export type HubKind = "models" | "datasets";

/** A file, or a pattern of files, in a repository. */
export interface HubAddress {
  readonly kind: HubKind;
  /** `name`, or `organisation/name`. */
  readonly repository: string;
  /** Branch, tag or commit; null for the one that the folder says is current. */
  readonly revision: string | null;
  /** Below the repository's folder; may hold `*` and other signs of a pattern. Empty for the whole repository. */
  readonly path: string;
}

const SCHEME = "hf://";
const PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";
const NAME = new RegExp(`^${PART}(/${PART})?$`);
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** Whether a text is an address on the hub, right or wrong. */
export function isHubUrl(text: string): boolean {
  return text.startsWith(SCHEME);
}

/** Whether a text may be the name of a repository: `name` or `organisation/name`, no file and no path. */
export function isHubName(text: string): boolean {
  return NAME.test(text) && !/\.json$/i.test(text) && !text.includes("..");
}

/** Reads `hf://datasets/<organisation>/<name>[@revision]/<path>`, without `datasets/` a model's; null where it is none. */
export function parseHubUrl(url: string): HubAddress | null {
  if (!isHubUrl(url)) return null;
  const parts = url.slice(SCHEME.length).split("/").filter((part) =>
    part !== ""
  );
  const kind = parts[0] === "datasets" ? "datasets" : "models";
  if (parts[0] === "datasets" || parts[0] === "models") parts.shift();
  const [organisation, named, ...rest] = parts;
  if (organisation === undefined || named === undefined) return null;
  const [name = "", revision, ...more] = named.split("@");
  const repository = `${organisation}/${name}`;
  const isRight = isHubName(repository) && more.length === 0 &&
    (revision === undefined || REVISION.test(revision)) &&
    !rest.includes("..");
  return isRight
    ? { kind, repository, revision: revision ?? null, path: rest.join("/") }
    : null;
}
