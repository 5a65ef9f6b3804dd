// Readers of texts that people and programs write: pipelines, schedules, overrides, the messages of a step's process, squeue.
import fc from "fast-check";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { loadSchedulesFile } from "../../lib/config/schedules_file.ts";
import { relativePictures } from "../../lib/runner/run_summary.ts";
import { parseHubUrl } from "../../lib/hub/hub_name.ts";
import { parseJob } from "../../lib/slurm/job_queue.ts";
import {
  type Diagnostic,
  renderDiagnostics,
} from "../../lib/source/diagnostic.ts";
import {
  decodeChildLine,
  decodeParentLine,
  encodeMessage,
  readTextLines,
} from "../../lib/worker/protocol.ts";
import { mutatedBytes, mutatedText } from "./mutated_bytes.ts";
import { mutatedJson } from "./mutated_json.ts";
import type { ReaderTarget } from "./reader_target.ts";

/** All of these; `folder` is for those that read files. */
export function textTargets(folder: string): ReaderTarget[] {
  return [
    pipelineTarget() as ReaderTarget,
    overrideTarget() as ReaderTarget,
    schedulesTarget(folder) as ReaderTarget,
    childTarget() as ReaderTarget,
    parentTarget() as ReaderTarget,
    squeueTarget() as ReaderTarget,
  ];
}

const PIPELINES = [
  "tests/fixtures/pipelines/scripts.yaml",
  "tests/fixtures/config/spade.yaml",
  "tests/fixtures/config/refused_step.yaml",
].map((path) => Deno.readTextFileSync(path));

const YAML_WORDS = [
  ...["&a ", "*a", "<<: *a", "? ", ": ", "- ", "\t", "|", ">", "!!binary "],
  ...["!<tag:x>", "%YAML 1.1\n", "---\n", "...\n", "#", "{", "}", "[", "]"],
  ...["{a: ".repeat(3000), "[".repeat(3000), "- ".repeat(3000), "\0", "\r"],
  ...["__proto__: 1", "constructor: 1", "1e999", ".nan", ".inf", "0x7f"],
  ...["../../etc/passwd", "/etc/passwd", "C:\\x", "name: ../x", "name: a/b"],
  ...[
    "99999999999999999999",
    "-1",
    "null",
    "~",
    "${step.x}",
    "{{ tick.date }}",
  ],
  'name: "a\\0b"',
  `a: &a [x, x]\n${
    Array.from({ length: 20 }, (_, at) =>
      `a${at}: &a${at} [*a${at - 1 < 0 ? "" : at - 1}, *a]\n`).join("")
  }`,
];

/** A name that would lead out of the folder that is called by it. */
const UNSAFE_NAME = /[/\\\0]|^\.\.?$/;

function refuseUnsafe(...names: readonly string[]): void {
  const unsafe = names.find((name) => UNSAFE_NAME.test(name));
  if (unsafe !== undefined) throw new Error(`unsafe name "${unsafe}"`);
}

/** What every refusal owes: a place in the text, and words that can be shown. */
function checkDiagnostics(list: readonly Diagnostic[]): void {
  for (const { position, message } of list) {
    if (position.line < 1 || position.column < 1) {
      throw new Error(`no place: ${message}`);
    }
    if (message.includes("[object ")) throw new Error(message);
  }
  renderDiagnostics(list, { color: false });
}

async function readPipelineOf(
  text: string,
  overrides: readonly string[] = [],
): Promise<void> {
  const checked = await loadPipeline("p.yaml", {
    readText: () => Promise.resolve(text),
    checkPaths: false,
    overrides,
  });
  checkDiagnostics(checked.ok ? checked.warnings : checked.diagnostics);
  if (!checked.ok && checked.diagnostics.length === 0) {
    throw new Error("refused without a word");
  }
  if (!checked.ok) return;
  const { name, steps } = checked.value;
  refuseUnsafe(name, ...steps.map((step) => step.name));
}

function pipelineTarget(): ReaderTarget<string> {
  return {
    name: "yaml",
    inputs: mutatedText(PIPELINES, YAML_WORDS),
    read: (text) => readPipelineOf(text),
  };
}

function overrideTarget(): ReaderTarget<string> {
  const good = ["training.lr=1e-4", "name=b", "seed=3", 'name="x"'];
  return {
    name: "--set",
    inputs: mutatedText(good, [...YAML_WORDS, ".", "=", "[0]", "..", "a.b"]),
    read: (text) => readPipelineOf(PIPELINES[1]!, [text]),
  };
}

function schedulesTarget(folder: string): ReaderTarget<string> {
  const path = join(folder, "schedules.yaml");
  const good = [
    Deno.readTextFileSync("pipelines/schedules.yaml"),
    Deno.readTextFileSync("tests/fixtures/schedules/tick.yaml"),
  ];
  const words = ["* * * * *", "@daily", "99 99 99", "1/0 * * * *", "L", "W"];
  return {
    name: "schedules",
    inputs: mutatedText(good, [...YAML_WORDS, ...words]),
    read: async (text) => {
      Deno.writeTextFileSync(path, text);
      const { entries, findings } = await loadSchedulesFile(path);
      checkDiagnostics(findings);
      refuseUnsafe(...entries.map(({ name }) => name));
    },
  };
}

function childTarget(): ReaderTarget<readonly Uint8Array[]> {
  const failure = {
    ...{ message: "m", hint: null, exitCode: 4, isRetryable: true },
    stack: null,
  } as const;
  const result = {
    ...{ outcome: "done", metrics: { loss: 1 }, epochs: 2, summary: "s" },
    pictures: ["/runs/store/s/samples/a.png"],
    trained: {
      ...{ updates: 1, batches: 1, skipped: 0, corrupt: 0, images: 1 },
      loss: { first: 1, last: 0.5 },
      frozen: ["expander"],
    },
  } as const;
  const update = {
    ...{ phase: "train", done: 1, total: 2, metrics: { loss: 0.5 } },
    epoch: { current: 1, total: 2 },
  };
  const good = [
    { type: "ready" },
    { type: "log", level: "info", text: "a" },
    { type: "progress", update },
    { type: "picture", path: "samples/a.png" },
    { type: "ended", result },
    { type: "failed", failure },
  ];
  const mark = encodeMessage({ type: "stop" }).split("{")[0]!;
  const line = mutatedJson(good, "plain").map((text) =>
    new TextEncoder().encode(`${mark}${text}\n`)
  );
  const lines = good.map((message) =>
    new TextEncoder().encode(`${mark}${JSON.stringify(message)}\n`)
  );
  const endless = fc.nat(3).map((count) =>
    new Uint8Array(count * 700_000).fill(0x61)
  );
  return {
    name: "messages of a step",
    inputs: fc.array(
      fc.oneof(line, mutatedBytes(lines, ["\n", mark, "\r"]), endless),
      { minLength: 1, maxLength: 4 },
    ),
    read: async (chunks) => {
      for await (const text of readTextLines(streamOf(chunks))) {
        if (text.length > 4_000_000) throw new Error(`${text.length} signs`);
        checkMessage(decodeChildLine(text).message);
      }
    },
  };
}

/** What the runner relies on. */
function checkMessage(
  message: ReturnType<typeof decodeChildLine>["message"],
): void {
  const isText = (value: unknown) => typeof value === "string";
  const isNumber = (value: unknown) => Number.isFinite(value);
  const isWrong = message?.type === "log"
    ? !["info", "warning"].includes(message.level)
    : message?.type === "picture"
    ? !isPlainPath(message.path)
    : message?.type === "failed"
    ? !(message.failure.hint === null || isText(message.failure.hint)) ||
      !(message.failure.stack === null || isText(message.failure.stack)) ||
      typeof message.failure.isRetryable !== "boolean"
    : message?.type === "ended"
    ? !(message.result.pictures ?? []).every(isPlainPath) ||
      !Object.values(message.result.metrics).every(isNumber) ||
      relativePictures("/runs/store/s", message.result.pictures ?? [])
        .some(leadsOut) ||
      !["string", "undefined"].includes(typeof message.result.summary) ||
      !["number", "undefined"].includes(typeof message.result.epochs)
    : message?.type === "progress"
    ? !Object.values(message.update.metrics ?? {}).every(isNumber) ||
      !isNumber(message.update.epoch?.current ?? 0)
    : false;
  if (isWrong) throw new Error("a message that is none was taken");
}

function isPlainPath(path: unknown): boolean {
  return typeof path === "string" && path !== "" && !path.includes("\0");
}

function leadsOut(path: string): boolean {
  return path.startsWith("/") || path.split("/").includes("..");
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
}

function parentTarget(): ReaderTarget<string> {
  const mark = encodeMessage({ type: "stop" }).split("{")[0]!;
  const good = [
    { type: "stop" },
    { type: "checkpoint" },
    { type: "request", request: { a: 1 }, secrets: { TOKEN: "12345678" } },
  ];
  return {
    name: "messages of the runner",
    inputs: mutatedJson(good, "plain").map((text) => `${mark}${text}`),
    read: (line) => {
      const message = decodeParentLine(line);
      if (message?.type !== "request") return;
      const { secrets = {} } = message;
      if (Object.values(secrets).some((one) => typeof one !== "string")) {
        throw new Error("a secret that is no text");
      }
    },
  };
}

function squeueTarget(): ReaderTarget<string> {
  const good = [
    "12_3|3|RUNNING|None|gpu|n1|fluxline:abc",
    "7|N/A|PENDING|Priority|gpu||fluxline:x|y",
    "hf://datasets/a/b@main/x/*.tar",
  ];
  return {
    name: "squeue and hub addresses",
    inputs: mutatedText(good, ["|", "fluxline:", "/..", "..", "@", "hf://"]),
    read: (line) => {
      const job = parseJob(line);
      if (job !== null && !Number.isSafeInteger(job.index)) {
        throw new Error(`index ${job.index}`);
      }
      const address = parseHubUrl(line);
      if (address === null) return;
      const parts = [...address.repository.split("/"), address.path].join("/");
      if (parts.split("/").includes("..")) throw new Error(parts);
    },
  };
}
