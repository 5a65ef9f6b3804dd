// The addresses of the dashboard: the list of runs, a run, its pictures, and a stream for each page that tells of changes.
import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { runNameFault } from "../config/step_names.ts";
import { digestRecord } from "../disk/digest.ts";
import { Failure } from "../error/failure.ts";
import { type ListedRun, listedRuns } from "../history/listed_run.ts";
import { RunIndex } from "../history/run_index.ts";
import { markup } from "../report/markup.ts";
import { type AccessRules, guard } from "./access.ts";
import { liveDocument } from "./live_document.ts";
import { readPicture } from "./picture.ts";
import { Remembered } from "./remembered.ts";
import { RunPages } from "./run_page.ts";
import { runVersion } from "./run_version.ts";
import { runsPage } from "./runs_page.ts";

/** How the pages are served. */
export interface PagesOptions extends AccessRules {
  readonly runsDir: string;
  /** How often the folders are looked at while somebody looks at a page. */
  readonly pollMs: number;
  /** Aborted when the server ends: streams end with it. */
  readonly ended: AbortSignal;
}

/** A browser that hears nothing for this long is told that the stream lives. */
const SIGN_OF_LIFE_MS = 15_000;
/** Streams at the same time; each costs a look at the disk. */
const MOST_STREAMS = 64;
/** More runs than anybody looks at in the same second. */
const MOST_WATCHED = 256;

const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Builds the application; it reads and never writes. The caller disposes of the index. */
export async function dashboardPages(
  options: PagesOptions,
): Promise<{ readonly app: Hono; readonly index: RunIndex }> {
  const { runsDir, pollMs } = options;
  const index = await RunIndex.open(null, runsDir);
  const pages = new RunPages(runsDir);
  const list = new Remembered(async () => {
    await index.refresh();
    return await listedRuns(runsDir, index.runs);
  }, pollMs);
  const watched = new Map<string, Remembered<string | null>>();
  const versionOf = (run: string) => {
    if (watched.size > MOST_WATCHED) watched.clear();
    const known = watched.get(run) ??
      new Remembered(() => runVersion(runsDir, run), pollMs);
    watched.set(run, known);
    return known.get();
  };
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) {
      context.header(name, value);
    }
    return await next();
  });
  app.use(guard(options));
  const stream = changes(options);
  app.get("/", async (context) => {
    const { where = "", sort = "", columns = "" } = context.req.query();
    const runs = await list.get();
    return context.html(runsPage(runs, index, { where, sort, columns }));
  });
  app.get(
    "/events",
    (context) => stream(context, async () => listVersion(await list.get())),
  );
  app.get("/run/:run", async (context) => {
    const run = context.req.param("run");
    const page = isNameOfRun(run) ? await pages.draw(run) : null;
    return page === null ? notFound(context) : context.html(page);
  });
  app.get("/run/:run/events", async (context) => {
    const run = context.req.param("run");
    return isNameOfRun(run) && await versionOf(run) !== null
      ? stream(context, async () => await versionOf(run) ?? "gone")
      : notFound(context);
  });
  app.get("/picture/:key/*", async (context) => {
    const key = context.req.param("key");
    const bytes = await readPicture(runsDir, key, placeOf(context.req.path));
    return bytes === null
      ? notFound(context)
      : context.body(bytes, 200, { "Content-Type": "image/png" });
  });
  // Browsers ask for it whether or not a page names it.
  app.get("/favicon.ico", (context) => context.body(null, 204));
  app.notFound(notFound);
  app.onError((error, context) => {
    // A record that cannot be understood is shown; what else goes wrong is a defect, whose words are not for a browser.
    const text = error instanceof Failure
      ? error.message
      : "Cannot show this page";
    return context.html(messagePage(text), 500);
  });
  return { app, index };
}

type Stream = (
  context: Context,
  version: () => Promise<string>,
) => Response | Promise<Response>;

/** Streams that say `change` when a version changes, and at their beginning. */
function changes({ pollMs, ended }: PagesOptions): Stream {
  let open = 0;
  return (context, version) => {
    // Nobody would read the stream, so that nobody would end it.
    if (context.req.method === "HEAD") {
      return context.body(null, 200, { "Content-Type": "text/event-stream" });
    }
    if (open >= MOST_STREAMS) {
      return context.text("Too many pages are open\n", 503);
    }
    open++;
    return streamSSE(context, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      const over = AbortSignal.any([left.signal, ended]);
      try {
        let last: string | null = null;
        let spokenAt = 0;
        while (!over.aborted) {
          const now = await version().catch(unreadable);
          const isSilent = performance.now() - spokenAt > SIGN_OF_LIFE_MS;
          if (now !== last) {
            await stream.writeSSE({ event: "change", data: now });
          } else if (isSilent) await stream.write(": still here\n\n");
          if (now !== last || isSilent) spokenAt = performance.now();
          last = now;
          await SYSTEM_CLOCK.sleep(pollMs, over).catch(() => {});
        }
      } finally {
        open--;
      }
    });
  };
}

/** What cannot be read is a version too: the page says why, and the stream goes on until it can be read again. */
function unreadable(error: unknown): string {
  if (error instanceof Failure) return digestRecord(error.message).slice(0, 16);
  throw error;
}

function listVersion(runs: readonly ListedRun[]): string {
  return digestRecord(
    runs.map(({ run, state, updatedAt, steps }) => [
      ...[run, state, updatedAt],
      steps.map(({ stamp }) => stamp),
    ]),
  ).slice(0, 16);
}

/** What stands behind the key in the address of a picture; empty where it cannot be understood. */
function placeOf(path: string): string {
  try {
    return path.split("/").slice(3).map(decodeURIComponent).join("/");
  } catch {
    return "";
  }
}

/** Whether a run can be called so; no other text becomes a path. */
function isNameOfRun(name: string): boolean {
  return runNameFault(name) === undefined;
}

function notFound(context: Context): Response | Promise<Response> {
  return context.html(messagePage("There is nothing at this address"), 404);
}

function messagePage(text: string): string {
  return liveDocument({
    title: "fluxline",
    links: null,
    main: markup`<section id="verdict"><h1>${text}</h1></section>`,
    events: null,
  });
}
