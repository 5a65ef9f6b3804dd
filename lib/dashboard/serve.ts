// The dashboard's server: listens, answers, and ends when it is told to.
import { UsageError } from "../error/failure.ts";
import { dashboardPages } from "./pages.ts";

/** Where and for whom the dashboard listens. */
export interface ServeOptions {
  readonly runsDir: string;
  /** An address of this machine, or a name of one. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Names under which browsers may ask, beside addresses of numbers and `localhost`. */
  readonly hosts: readonly string[];
  /** Null where everybody on this machine may look. */
  readonly token: string | null;
  readonly pollMs: number;
}

/** A dashboard that listens; disposing it ends every stream and waits for what is being answered. */
export interface Dashboard extends AsyncDisposable {
  /** Without a token. */
  readonly address: string;
}

/**
 * Starts to listen.
 *
 * @throws {UsageError} where the address cannot be had
 */
export async function serveDashboard(
  { host, port, ...options }: ServeOptions,
): Promise<Dashboard> {
  const ended = new AbortController();
  let answer: (request: Request) => Response | Promise<Response> = () =>
    new Response("The dashboard is starting\n", { status: 503 });
  const server = listen(host, port, (request) => answer(request));
  const { port: bound } = server.addr;
  const { app, index } = await dashboardPages({
    ...options,
    port: bound,
    ended: ended.signal,
  });
  answer = app.fetch;
  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    address: `http://${shown}:${bound}/`,
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await server.shutdown();
      index[Symbol.dispose]();
    },
  };
}

function listen(
  host: string,
  port: number,
  answer: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: host, port, onListen: () => {} }, answer);
  } catch (error) {
    const problem = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : error instanceof Deno.errors.PermissionDenied
      ? "this port needs more rights"
      : error instanceof Deno.errors.AddrNotAvailable ||
          (error instanceof Error && /lookup address/.test(error.message))
      ? "it is no address of this machine"
      : null;
    if (problem === null) throw error;
    throw new UsageError(`Cannot listen on "${host}:${port}": ${problem}`, {
      hint: "Choose another --port, or 0 for any that is free",
      cause: error,
    });
  }
}
