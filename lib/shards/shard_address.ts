// Where tar shards lie, as a pipeline writes it: paths, http(s) addresses, names on the hub, with braces. Text only.
import { expand } from "brace-expansion";
import { isHubUrl } from "../hub/hub_name.ts";

/** What `webdataset_url` stands for, or why it cannot be used. */
export type ShardAddresses =
  /** Addresses to fetch from, in order, each once. */
  | {
    readonly ok: true;
    readonly kind: "remote";
    readonly urls: readonly string[];
  }
  /** Paths and `hf://` names that a local folder answers; `*` and `?` may stand in them. */
  | {
    readonly ok: true;
    readonly kind: "local";
    readonly patterns: readonly string[];
  }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

/** More would be a slip of the pen. */
export const MOST_SHARDS = 100_000;

/** Expands braces: `data-{000..046}.tar` names 47 shards. Nothing that is wrong is repeated, since it may hold a password. */
export function expandAddress(written: string): ShardAddresses {
  const all = [...new Set(expand(written, { max: MOST_SHARDS + 1 }))];
  if (all.length > MOST_SHARDS) {
    return refusal(
      `it names more than ${MOST_SHARDS} shards`,
      "Correct the braces",
    );
  }
  const isRemote = (address: string) => /^https?:\/\//i.test(address);
  if (!all.some(isRemote)) return localPatterns(all);
  if (!all.every(isRemote)) {
    return refusal(
      "it names files on this machine and on others",
      "Give them in two datasets, or fetch the others first",
    );
  }
  const urls: string[] = [];
  for (const address of all) {
    const url = parseUrl(address);
    if ("reason" in url) return refusal(url.reason, url.hint);
    urls.push(url.href);
  }
  return { ok: true, kind: "remote", urls: [...new Set(urls)] };
}

/** Host and port as Deno's net permission takes them. */
export function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** Whether a token sent to the address cannot be read on the way. */
export function isPrivateWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || hostname === "localhost" ||
    hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function localPatterns(all: readonly string[]): ShardAddresses {
  const other = all.find((address) =>
    !isHubUrl(address) && /^([a-z][a-z0-9+.-]*:\/\/|pipe:)/i.test(address)
  );
  if (other !== undefined) {
    const scheme = /^[^:]*:/.exec(other)![0];
    return refusal(
      `shards cannot be read from "${scheme}"`,
      "Write a path, an address with http:// or https://, or hf://datasets/<organisation>/<name>/<files>",
    );
  }
  return { ok: true, kind: "local", patterns: all };
}

function parseUrl(
  address: string,
): URL | { readonly reason: string; readonly hint: string } {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return {
      reason: "it is no address",
      hint: "Write it as https://<host>/<path>",
    };
  }
  if (url.username !== "" || url.password !== "") {
    return {
      reason:
        "it holds a user name or a password, which addresses in logs would show",
      hint:
        "Take it out, and name the environment variable that holds it: webdataset_token: ${HF_TOKEN}",
    };
  }
  if (/[*]/.test(url.pathname)) {
    return {
      reason: 'it holds "*", and a server does not list its files',
      hint: "Number the shards with braces, such as data-{000..046}.tar",
    };
  }
  url.hash = "";
  return url;
}

function refusal(reason: string, hint: string): ShardAddresses {
  return { ok: false, reason, hint };
}
