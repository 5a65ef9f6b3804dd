// A Python package index over HTTPS: the simple API, as JSON (PEP 691) or as HTML (PEP 503).
import { RefusedError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { parseWheelName, type WheelName } from "./wheel_name.ts";

/** Where packages come from unless --index or PIP_INDEX_URL names another place. */
export const DEFAULT_INDEX = "https://pypi.org/simple/";

/** A wheel that an index offers. */
export interface OfferedWheel {
  readonly wheel: WheelName;
  readonly url: URL;
  /** 64 hex digits; null where the index gives none. */
  readonly sha256: string | null;
}

const ACCEPT =
  "application/vnd.pypi.simple.v1+json, text/html;q=0.5, application/vnd.pypi.simple.v1+html;q=0.6";

/**
 * All wheels of a package that nobody withdrew.
 *
 * @throws {RefusedError} when the index cannot be reached or does not have the package
 */
export async function offeredWheels(
  index: string,
  name: string,
): Promise<OfferedWheel[]> {
  const url = new URL(`${name}/`, index.endsWith("/") ? index : `${index}/`);
  const response = await request(url, { accept: ACCEPT });
  if (!response.ok) {
    await response.body?.cancel();
    const why = response.status === 404
      ? `it has no package "${name}" (404)`
      : `it answered ${response.status}`;
    throw new RefusedError(`Cannot use package index "${shown(url)}": ${why}`, {
      hint: "Name another with --index or PIP_INDEX_URL, or give --from WHEEL",
    });
  }
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  const text = await response.text();
  const base = response.url === "" ? url : new URL(response.url);
  return isJson ? wheelsFromJson(text, base) : wheelsFromHtml(text, base);
}

/**
 * A GET whose address may carry a name and password, which `fetch` refuses in an address.
 *
 * @throws {RefusedError} when the host cannot be reached
 */
export async function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const plain = new URL(url);
  const { username, password } = plain;
  plain.username = "";
  plain.password = "";
  const login = username === "" ? {} : {
    authorization: `Basic ${
      btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
    }`,
  };
  try {
    return await fetch(plain, { headers: { ...headers, ...login } });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new RefusedError(
      `Cannot reach "${shown(url)}": ${cause.message}`,
      {
        cause,
        hint:
          "Check the network, name a mirror with --index or PIP_INDEX_URL, or give --from WHEEL",
      },
    );
  }
}

/** An address without name and password, for messages. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function wheelsFromJson(text: string, base: URL): OfferedWheel[] {
  const page: unknown = JSON.parse(text);
  const files = isRecord(page) && Array.isArray(page["files"])
    ? page["files"]
    : [];
  return files.flatMap((file: unknown) => {
    if (!isRecord(file) || typeof file["url"] !== "string") return [];
    // `yanked` is false, true or the reason.
    if (file["yanked"] !== undefined && file["yanked"] !== false) return [];
    const hashes = isRecord(file["hashes"]) ? file["hashes"] : {};
    const sha256 = hashes["sha256"];
    return offered(
      String(file["filename"]),
      new URL(file["url"], base),
      typeof sha256 === "string" ? sha256 : null,
    );
  });
}

function wheelsFromHtml(text: string, base: URL): OfferedWheel[] {
  return [...text.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi)].flatMap((match) => {
    const [, attributes = "", name = ""] = match;
    const href = /href\s*=\s*["']([^"']+)["']/i.exec(attributes)?.[1];
    if (href === undefined || /data-yanked/i.test(attributes)) return [];
    const url = new URL(href.replaceAll("&amp;", "&"), base);
    const sha256 = /sha256=([0-9a-f]{64})/i.exec(url.hash)?.[1] ?? null;
    url.hash = "";
    return offered(name.trim(), url, sha256);
  });
}

function offered(
  file: string,
  url: URL,
  sha256: string | null,
): OfferedWheel[] {
  const wheel = parseWheelName(file);
  return wheel === null
    ? []
    : [{ wheel, url, sha256: sha256?.toLowerCase() ?? null }];
}
