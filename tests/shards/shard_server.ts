// A web server on loopback for shards: it knows ranges and tags, and can cut, refuse, redirect and wait.

/** What the server was asked. */
export interface SeenRequest {
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

/** What happens instead of a whole answer; undefined sends the file. */
export type Oddity =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "redirect"; readonly to: string }
  /** Breaks the connection after so many bytes of the body. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Sends so many bytes in pieces, over two seconds, and then nothing more. */
  | { readonly kind: "drip"; readonly bytes: number }
  /** Sends so many bytes and then nothing more. */
  | { readonly kind: "hang"; readonly bytes: number };

/** A running server. */
export interface ShardServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** By path, such as `/a.tar`. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly seen: SeenRequest[];
  /** Asked for every request; `count` is how often its path was asked for before. */
  oddity: (path: string, count: number) => Oddity | undefined;
  /** Wanted of every request where it is set. */
  token: string | null;
  /** Whether files have tags, so that a cut download can go on. */
  hasTags: boolean;
}

/** Starts a server. */
export function startShardServer(): ShardServer {
  const counts = new Map<string, number>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const closing = new AbortController();
  const server: ShardServer = {
    origin: `http://127.0.0.1:${port}`,
    files: new Map(),
    seen: [],
    oddity: () => undefined,
    token: null,
    hasTags: true,
    async [Symbol.asyncDispose]() {
      closing.abort();
      listener.close();
      for (const connection of open) close(connection);
      await accepting;
    },
  };
  const open = new Set<Deno.Conn>();
  const accepting = (async () => {
    try {
      for await (const connection of listener) {
        open.add(connection);
        serve(connection, server, counts, closing.signal)
          .catch(() => {})
          .finally(() => {
            open.delete(connection);
            close(connection);
          });
      }
    } catch {
      // Closed.
    }
  })();
  return server;
}

/** One request on a connection of its own: only so can a body be cut where a test wants it. */
async function serve(
  connection: Deno.Conn,
  server: ShardServer,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const text = await readHead(connection);
  const path = /^GET (\S+) /.exec(text)?.[1] ?? "";
  const header = (name: string) =>
    new RegExp(`^${name}: *(.*)\r$`, "im").exec(text)?.[1] ?? null;
  const range = header("range");
  const authorization = header("authorization");
  server.seen.push({ path, range, authorization });
  const count = counts.get(path) ?? 0;
  counts.set(path, count + 1);
  const odd = server.oddity(path, count);
  const file = server.files.get(path.split("?")[0]!);
  const isKnown = server.token === null ||
    authorization === `Bearer ${server.token}`;
  if (!isKnown) return await answer(connection, 401, []);
  if (odd?.kind === "status") return await answer(connection, odd.status, []);
  if (odd?.kind === "redirect") {
    return await answer(connection, 302, [`location: ${odd.to}`]);
  }
  if (file === undefined) return await answer(connection, 404, []);
  const tag = `"${await digest(file)}"`;
  const start = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
  const isRest = start !== undefined && header("if-range") === tag;
  const from = isRest ? Number(start) : 0;
  const body = file.subarray(from);
  await answer(connection, isRest ? 206 : 200, [
    ...(server.hasTags ? [`etag: ${tag}`] : []),
    ...(isRest
      ? [`content-range: bytes ${from}-${file.length - 1}/${file.length}`]
      : []),
  ], body.length);
  const most = odd === undefined ? body.length : odd.bytes;
  const pieces = odd?.kind === "drip" ? 8 : 1;
  for (let piece = 0; piece < pieces; piece++) {
    const at = (part: number) => Math.floor(most * part / pieces);
    await writeAll(connection, body.subarray(at(piece), at(piece + 1)));
    if (pieces > 1) await new Promise((resolve) => setTimeout(resolve, 250));
  }
  if (odd?.kind === "hang" || odd?.kind === "drip") {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
}

async function readHead(connection: Deno.Conn): Promise<string> {
  let text = "";
  const block = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(block);
    if (count === null) break;
    text += new TextDecoder().decode(block.subarray(0, count));
  }
  return text;
}

async function answer(
  connection: Deno.Conn,
  status: number,
  headers: readonly string[],
  length = 0,
): Promise<void> {
  const lines = [
    `HTTP/1.1 ${status} x`,
    "connection: close",
    `content-length: ${length}`,
    ...headers,
  ];
  await writeAll(
    connection,
    new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`),
  );
}

async function writeAll(
  connection: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function digest(file: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", file);
  return new Uint8Array(hash).toHex().slice(0, 16);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
