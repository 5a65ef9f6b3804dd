// One request for a shard: the token goes to the address's own origin alone, redirects are followed by hand, silence has an end.
import { isGranted } from "../disk/granted.ts";
import { hostOf } from "./shard_address.ts";
import { isSendable, type ShardToken } from "./shard_token.ts";

/** What a request is made with. */
export interface RequestOptions {
  /** Null where the dataset names none. */
  readonly token: ShardToken | null;
  readonly signal: AbortSignal;
  /** How long the server may say nothing. */
  readonly idleMs: number;
}

/** A server's answer; the body is read with `chunks`. */
export interface ShardAnswer {
  /** 200, 206 or 416. */
  readonly status: number;
  readonly headers: Headers;
  /** The body as it comes; ends with a {@linkcode FetchProblem} where the connection does. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Lets go of the connection. */
  close(): Promise<void>;
}

/** Why a request brought nothing. */
export class FetchProblem extends Error {
  override readonly name = "FetchProblem";
  /** The way out; null where trying again is all. */
  readonly hint: string | null;
  /** Whether another try may go well. */
  readonly isTransient: boolean;
  /** How long the server asks to wait. */
  readonly waitMs: number;

  /** `reason`: one clause, without the token. */
  constructor(
    readonly reason: string,
    options: {
      readonly hint?: string;
      readonly isTransient?: boolean;
      readonly waitMs?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(reason, { cause: options.cause });
    this.hint = options.hint ?? null;
    this.isTransient = options.isTransient ?? false;
    this.waitMs = options.waitMs ?? 0;
  }
}

const MOST_REDIRECTS = 5;
/** A server that asks for more is told of as if it did not answer. */
const LONGEST_WAIT_MS = 120_000;

/**
 * Asks for `url` with `headers`.
 *
 * @throws {FetchProblem} for every answer that holds no shard
 */
export async function requestShard(
  url: string,
  headers: Readonly<Record<string, string>>,
  options: RequestOptions,
): Promise<ShardAnswer> {
  let at = url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const answer = await requestOnce(at, {
      ...headers,
      ...authorization(url, at, options.token),
    }, options);
    const next = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || next === null) {
      if ([200, 206, 416].includes(answer.status)) return answer;
      await answer.close();
      throw refusedStatus(answer, isSameOrigin(url, at), options.token);
    }
    await answer.close();
    at = redirectTarget(at, next);
  }
  throw new FetchProblem(`it is redirected more than ${MOST_REDIRECTS} times`);
}

/** The token belongs to the origin that the pipeline names, and to no other. */
function authorization(
  url: string,
  at: string,
  token: ShardToken | null,
): Record<string, string> {
  if (token === null || token.value === null) return {};
  if (!isSameOrigin(url, at)) return {};
  if (!isSendable(token.value)) {
    throw new FetchProblem(
      `the environment variable ${token.name} holds no token: it is shorter than 8 signs, or has blanks or signs that cannot be sent`,
      { hint: `Set ${token.name} to the token alone` },
    );
  }
  return { authorization: `Bearer ${token.value}` };
}

function isSameOrigin(url: string, other: string): boolean {
  return new URL(url).origin === new URL(other).origin;
}

async function requestOnce(
  url: string,
  headers: Readonly<Record<string, string>>,
  { signal, idleMs }: RequestOptions,
): Promise<ShardAnswer> {
  const silence = new AbortController();
  const quiet = () =>
    silence.abort(
      new FetchProblem(`the server said nothing for ${idleMs / 1000} s`, {
        isTransient: true,
      }),
    );
  let timer = setTimeout(quiet, idleMs);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(quiet, idleMs);
  };
  const broken = (error: unknown): unknown => {
    clearTimeout(timer);
    signal.throwIfAborted();
    return silence.signal.aborted ? silence.signal.reason : brokenWay(error);
  };
  let response: Response;
  try {
    response = await fetch(url, {
      // A packed body would have another length than the shard.
      headers: { "accept-encoding": "identity", ...headers },
      redirect: "manual",
      signal: AbortSignal.any([signal, silence.signal]),
    });
  } catch (error) {
    throw broken(error);
  }
  heard();
  return {
    status: response.status,
    headers: response.headers,
    async *chunks() {
      try {
        for await (const chunk of response.body ?? []) {
          heard();
          yield chunk;
        }
      } catch (error) {
        throw broken(error);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      clearTimeout(timer);
      // A connection that is already broken is let go of as well.
      await response.body?.cancel().catch(() => {});
    },
  };
}

/** A refused permission passes, and so does a defect; what is left is the way to the server. */
function brokenWay(error: unknown): unknown {
  if (!WAY_ERRORS.some((kind) => error instanceof kind)) return error;
  const { message } = error as Error;
  // Deno's sentence ends with the system's own words.
  const reason = message.split(": ").at(-1) ?? message;
  return new FetchProblem(`the connection failed: ${reason}`, {
    isTransient: true,
    cause: error,
  });
}

const WAY_ERRORS = [
  TypeError,
  Deno.errors.Http,
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
  Deno.errors.UnexpectedEof,
  Deno.errors.TimedOut,
];

function redirectTarget(from: string, location: string): string {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw new FetchProblem("it is redirected to what is no address");
  }
  const isWeb = target.protocol === "https:" || target.protocol === "http:";
  if (!isWeb || (from.startsWith("https:") && target.protocol === "http:")) {
    throw new FetchProblem(
      `it is redirected to an address with "${target.protocol}", which is not followed`,
    );
  }
  const host = hostOf(target.href);
  if (!isGranted({ name: "net", host })) {
    throw new FetchProblem(
      `it is redirected to "${host}", and the step may only reach the hosts that its dataset names`,
      {
        hint:
          `If that host is right, add to the step: permissions: { net: ["${host}"] }; the token is not sent there`,
      },
    );
  }
  return target.href;
}

function refusedStatus(
  { status, headers }: ShardAnswer,
  isOwnOrigin: boolean,
  token: ShardToken | null,
): FetchProblem {
  const said = `the server answered ${status}`;
  if (status === 401 || status === 403) {
    return wantsToken(said, isOwnOrigin, token);
  }
  if (status === 404 || status === 410) {
    return new FetchProblem(`there is no such shard (${said})`, {
      hint: "Correct webdataset_url, its braces included",
    });
  }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new FetchProblem(said, {
      isTransient: true,
      waitMs: waitAsked(headers.get("retry-after")),
    });
  }
  return new FetchProblem(said);
}

function wantsToken(
  said: string,
  isOwnOrigin: boolean,
  token: ShardToken | null,
): FetchProblem {
  if (!isOwnOrigin) {
    return new FetchProblem(
      `${said} behind a redirect, where no token is sent`,
      { hint: "Name the address behind the redirect in webdataset_url" },
    );
  }
  if (token === null) {
    return new FetchProblem(`${said}: it wants a token`, {
      hint:
        "Put the token into an environment variable and name it in the dataset: webdataset_token: ${HF_TOKEN}",
    });
  }
  if (token.value === null) {
    return new FetchProblem(
      `${said}: it wants a token, and the environment variable ${token.name} is not set`,
      { hint: `Set ${token.name} and run the same command again` },
    );
  }
  return new FetchProblem(`${said} to the token in ${token.name}`, {
    hint:
      `Check that the token in ${token.name} is valid and may read this dataset`,
  });
}

/** Milliseconds of a `Retry-After` in seconds; dates are not read, the usual wait does. */
function waitAsked(header: string | null): number {
  const seconds = Number(header ?? "");
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds * 1000, LONGEST_WAIT_MS)
    : 0;
}
