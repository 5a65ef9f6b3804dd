// What a user asks for with --engine, --gpu and --threads, and what the files of this machine offer for it.
import { RefusedError, UsageError } from "../error/failure.ts";
import { describeElf } from "./elf_header.ts";
import {
  type Device,
  EMBEDDED_ENGINE,
  ENGINE_NAMES,
  type EngineChoice,
  type EngineName,
  tensorflowClass,
  WEBGPU_ENGINE,
} from "./engine_choice.ts";
import { bestLibrary, INSTALL_HINT, type InstalledLibrary } from "./library.ts";

/** A wish; null leaves the decision to the program. */
export interface EngineWish {
  readonly name: EngineName | null;
  readonly device: Device | null;
  readonly threads: number | null;
}

/** No wish at all: `auto`. */
export const ANY_ENGINE: EngineWish = {
  name: null,
  device: null,
  threads: null,
};

/** An engine that may start, or why it cannot. */
export type Candidate =
  | { readonly kind: "possible"; readonly choice: EngineChoice }
  | {
    readonly kind: "missing";
    /** One clause. */
    readonly reason: string;
    readonly hint: string;
  };

/** Whether something about the engine was asked for. */
export function isExplicit({ name, device, threads }: EngineWish): boolean {
  return name !== null || device !== null || threads !== null;
}

/**
 * The engine of an option's text; null for `auto`.
 *
 * @throws {UsageError} where there is none of that name
 */
export function engineNameFrom(text: string): EngineName | null {
  if (text === "auto") return null;
  const known = ENGINE_NAMES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(
    `Cannot use engine "${text}": there is none of that name`,
    { hint: `Choose one of auto, ${ENGINE_NAMES.join(", ")}` },
  );
}

/** What the machine's files say of an engine. Whether it starts is another question, which only a process of its own answers. */
export function candidate(name: EngineName, wish: EngineWish): Candidate {
  switch (name) {
    case "wasm":
      return wish.device === "gpu"
        ? {
          kind: "missing",
          reason: "it computes on the CPU",
          hint: "Leave --gpu out, or use --engine tensorflow",
        }
        : { kind: "possible", choice: EMBEDDED_ENGINE };
    case "webgpu":
      return webgpuCandidate(wish);
    case "tensorflow":
      return tensorflowCandidate(wish);
    default:
      return name satisfies never;
  }
}

/**
 * The engine that a plan assumes for a wish, from files alone; nothing where nothing is asked for: then the run's manifest tells.
 *
 * @throws {RefusedError} when the engine asked for is not there
 */
export function plannedEngine(
  wish: EngineWish,
): { readonly engine?: EngineChoice } {
  if (!isExplicit(wish)) return {};
  const names = wish.name === null ? ENGINE_NAMES : [wish.name];
  const candidates = names.map((name) =>
    [name, candidate(name, wish)] as const
  );
  const reasons: string[] = [];
  for (const [name, found] of candidates) {
    if (found.kind === "possible") return { engine: found.choice };
    reasons.push(`Cannot use engine "${name}": ${found.reason}`);
  }
  const [, first] = candidates[0]!;
  throw new RefusedError(
    reasons.join("; "),
    first.kind === "missing" ? { hint: first.hint } : {},
  );
}

/** No file tells whether a GPU answers, and a software adapter would be slower than the embedded engine: so only by name. */
function webgpuCandidate({ name, device }: EngineWish): Candidate {
  const hint = "Use --engine webgpu, or leave the option out";
  if (device === "cpu") {
    return { kind: "missing", reason: "it computes on a GPU", hint };
  }
  return name === "webgpu"
    ? { kind: "possible", choice: WEBGPU_ENGINE }
    : { kind: "missing", reason: "it is taken by its name alone", hint };
}

function tensorflowCandidate(wish: EngineWish): Candidate {
  let library: InstalledLibrary | null;
  try {
    library = bestLibrary(wish.device);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { message: reason, hint } = error;
    return { kind: "missing", reason, hint: hint ?? INSTALL_HINT };
  }
  const option = wish.device === "gpu" ? " --gpu" : "";
  const hint =
    `Run \`deno task engine install${option}\`, or use --engine wasm`;
  if (library === null) {
    const what = wish.device === "gpu" ? "GPU build" : "library";
    return {
      kind: "missing",
      reason: `TensorFlow's ${what} is not installed`,
      hint,
    };
  }
  const problem = describeElf(library.path);
  if (problem !== null) {
    return { kind: "missing", reason: `"${library.path}": ${problem}`, hint };
  }
  const threads = wish.threads ?? navigator.hardwareConcurrency;
  const { tensorflow: version, build } = library.record;
  const device = wish.device ?? build;
  return {
    kind: "possible",
    choice: {
      name: "tensorflow",
      numericClass: tensorflowClass(version, device, threads),
      library: { path: library.path, version },
      threads,
      device,
    },
  };
}
