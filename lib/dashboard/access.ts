// Who may see the dashboard: requests that only read, that name an address of ours, and that carry the token where there is one.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { Context, MiddlewareHandler, Next } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** What decides on a request. */
export interface AccessRules {
  /** Names under which browsers may ask, beside addresses of numbers and `localhost`. */
  readonly hosts: readonly string[];
  /** Null where everybody on this machine may look. */
  readonly token: string | null;
  /** Tells the cookies of several dashboards of one host apart. */
  readonly port: number;
}

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  return plain === "localhost" || plain === "::1" ||
    // A name may begin so too, and lead anywhere.
    (isIP(plain) === 4 && plain.startsWith("127."));
}

/** A token that nobody guesses. */
export function generateToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Lets a request through or answers it: 405, 403, 401, or the address without the token that was in it. */
export function guard(rules: AccessRules): MiddlewareHandler {
  const cookie = `fluxline_${rules.port}`;
  // What the browser keeps is of this process alone, and tells nothing of the token.
  const session = generateToken();
  return async (context: Context, next: Next) => {
    const { method } = context.req;
    if (method !== "GET" && method !== "HEAD") {
      return context.text("This page can only be read\n", 405, {
        Allow: "GET, HEAD",
      });
    }
    if (!isOwnHost(context.req.header("host") ?? "", rules.hosts)) {
      return context.text(
        "The dashboard does not answer under this name; --allow-host lets it\n",
        403,
      );
    }
    const { token } = rules;
    if (token === null) return await next();
    const given = context.req.query("token");
    if (given !== undefined && isSame(given, token)) {
      setCookie(context, cookie, session, {
        httpOnly: true,
        sameSite: "Strict",
        path: "/",
      });
      const address = new URL(context.req.url);
      address.searchParams.delete("token");
      return context.redirect(`${address.pathname}${address.search}`, 303);
    }
    const bearer = /^Bearer (.+)$/.exec(
      context.req.header("authorization") ?? "",
    )?.[1];
    const isKnown = isSame(getCookie(context, cookie) ?? "", session) ||
      (bearer !== undefined && isSame(bearer, token));
    if (isKnown) return await next();
    return context.text(
      "Open the address that the dashboard printed, with its token\n",
      401,
      { "WWW-Authenticate": "Bearer" },
    );
  };
}

/** A page of another site could have its own name point here: names have to be known. A number cannot be made to point elsewhere. */
function isOwnHost(header: string, hosts: readonly string[]): boolean {
  const name = header.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return name === "localhost" || isIP(name) !== 0 ||
    hosts.some((host) => host.toLowerCase() === name);
}

/** Takes the same time wherever two texts differ, and whatever their lengths. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) =>
    createHash("sha256").update(text).digest()
  );
  return timingSafeEqual(left!, right!);
}
