// A package index on loopback that offers one small wheel, and can fail in every way that a network does.
import { createHash } from "node:crypto";
import { BlobWriter, configure, TextReader, ZipWriter } from "@zip.js/zip.js";

/** What a wheel of TensorFlow is unpacked for. */
export const LIBRARIES = [
  "libtensorflow_cc.so.2",
  "libtensorflow_framework.so.2",
];

/** A wheel that any Python 3 on this machine takes. */
export function wheelName(name: string, version = "2.21.0"): string {
  return `${name}-${version}-py3-none-manylinux_2_17_${Deno.build.arch}.whl`;
}

/** A wheel with two small libraries; `spoilt` has another content than its RECORD says. */
export async function wheelBytes(
  spoilt = false,
  name = "tensorflow_cpu",
): Promise<Uint8Array<ArrayBuffer>> {
  configure({ useWebWorkers: false });
  const zip = new ZipWriter(new BlobWriter());
  const info = `${name}-2.21.0.dist-info`;
  const record: string[] = [];
  for (const library of LIBRARIES) {
    // Numbers that do not compress, so that the wheel has a middle to be cut at.
    const noise = Array.from(
      { length: 4000 },
      (_, at) => Math.sin(at + library.length).toString(36),
    );
    const text = `library ${library} ${noise.join("")}`;
    const digest = createHash("sha256").update(text).digest("base64url");
    record.push(`tensorflow/${library},sha256=${digest},${text.length}`);
    const content = spoilt ? `${text}!` : text;
    await zip.add(`tensorflow/${library}`, new TextReader(content));
  }
  const tag = `py3-none-manylinux_2_17_${Deno.build.arch}`;
  const texts = {
    METADATA: `Metadata-Version: 2.1\nName: ${
      name.replace("_", "-")
    }\nVersion: 2.21.0\n`,
    WHEEL: `Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: ${tag}\n`,
    RECORD: record.join("\n"),
  };
  for (const [file, text] of Object.entries(texts)) {
    await zip.add(`${info}/${file}`, new TextReader(text));
  }
  return new Uint8Array(await (await zip.close()).arrayBuffer());
}

/** How the index behaves. */
export interface IndexOptions {
  /** The package as wheels spell it. */
  readonly name?: string;
  /** Another digest than the wheel's. */
  readonly sha256?: string;
  readonly html?: boolean;
  /** So many answers end after half of what is left of the bytes. */
  readonly cuts?: number;
  /** The first answer gives half of the bytes and then nothing more. */
  readonly stalls?: boolean;
  /** The page lists the wheel, and the wheel is not there. */
  readonly isGone?: boolean;
}

/** What the index was asked for. */
export interface Served {
  readonly url: string;
  /** Range headers, in order. */
  readonly ranges: string[];
}

/** Serves an index with one wheel while `body` runs. */
export async function withIndex(
  wheel: Uint8Array<ArrayBuffer>,
  options: IndexOptions,
  body: (served: Served) => Promise<void>,
): Promise<void> {
  const name = options.name ?? "tensorflow_cpu";
  const file = wheelName(name);
  const sha256 = options.sha256 ??
    createHash("sha256").update(wheel).digest("hex");
  const ranges: string[] = [];
  const end = new AbortController();
  let answers = 0;
  const answerFile = (request: Request): Response => {
    if (options.isGone === true) return new Response("", { status: 404 });
    const range = request.headers.get("range");
    if (range !== null) ranges.push(range);
    const from = range === null ? 0 : Number(/bytes=(\d+)-/.exec(range)![1]);
    const rest = wheel.subarray(from);
    const status = range === null ? 200 : 206;
    const isFirst = answers === 0;
    if (answers++ < (options.cuts ?? 0)) {
      return new Response(
        half(rest, (stream) => {
          setTimeout(() => stream.error(new Error("cut")), 50);
        }),
        { status },
      );
    }
    if (options.stalls === true && isFirst) {
      return new Response(half(rest, (stream) => {
        end.signal.addEventListener("abort", () => {
          stream.error(new Error("the index ends"));
        });
      }));
    }
    return new Response(rest, { status });
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === `/files/${file}`) return answerFile(request);
    const isPage = pathname === `/simple/${name.replace("_", "-")}/`;
    if (!isPage) return new Response("", { status: 404 });
    return page(file, sha256, options.html === true || isPip(request));
  });
  try {
    const { port } = server.addr as Deno.NetAddr;
    await body({ url: `http://127.0.0.1:${port}/simple/`, ranges });
  } finally {
    end.abort();
    await server.shutdown();
  }
}

function isPip(request: Request): boolean {
  return request.headers.get("user-agent")?.startsWith("pip/") === true;
}

function page(file: string, sha256: string, html: boolean): Response {
  return html
    ? new Response(`<a href="/files/${file}#sha256=${sha256}">${file}</a>`, {
      headers: { "content-type": "text/html" },
    })
    : Response.json({
      files: [{ filename: file, url: `/files/${file}`, hashes: { sha256 } }],
    }, {
      headers: { "content-type": "application/vnd.pypi.simple.v1+json" },
    });
}

/** The first half of the bytes; `then` decides what becomes of the rest. */
function half(
  bytes: Uint8Array<ArrayBuffer>,
  then: (stream: ReadableStreamDefaultController<Uint8Array>) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, bytes.length >> 1));
      then(controller);
    },
  });
}
