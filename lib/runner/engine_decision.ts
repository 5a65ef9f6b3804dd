// Decides once per run which engine its steps use. What the run's manifest records stays, until somebody asks for another.
import { RefusedError } from "../error/failure.ts";
import {
  EMBEDDED_ENGINE,
  ENGINE_NAMES,
  type EngineChoice,
} from "../engine_setup/engine_choice.ts";
import {
  candidate,
  type EngineWish,
  isExplicit,
} from "../engine_setup/engine_wish.ts";
import { describeElf } from "../engine_setup/elf_header.ts";
import { PACKAGE_ROOT, type Plan } from "../plan/plan.ts";
import { otherEngines } from "../plan/step_action.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { probeEngine, probeEntry } from "../worker/engine_probe.ts";
import type { RunObserver } from "./run_notice.ts";

/** An engine and why it is this one. */
export interface EngineDecision {
  readonly choice: EngineChoice;
  /** One clause; null where nothing was to be decided. */
  readonly reason: string | null;
}

/**
 * The engine of a run that has something to do. Without a wish it is the recorded one, else the embedded one.
 *
 * @throws {RefusedError} when the recorded engine is gone, or the one asked for does not start
 */
async function decideEngine(
  wish: EngineWish | null,
  recorded: EngineChoice | null,
  signal: AbortSignal,
): Promise<EngineDecision> {
  if (recorded !== null && (wish === null || !isExplicit(wish))) {
    requireStillThere(recorded);
    return { choice: recorded, reason: null };
  }
  if (wish === null) return { choice: EMBEDDED_ENGINE, reason: null };
  if (wish.name !== null) {
    // What was not asked for stays as the run began.
    const base = recorded?.name === wish.name ? recorded : null;
    const whole = { ...wish, threads: wish.threads ?? base?.threads ?? null };
    const tried = await tryEngine(wish.name, whole, signal);
    if (tried.kind === "works") {
      return { choice: tried.choice, reason: "asked for" };
    }
    throw new RefusedError(
      `Cannot use engine "${wish.name}": ${tried.reason}`,
      tried.hint === null ? {} : { hint: tried.hint },
    );
  }
  return await firstThatWorks(wish, signal);
}

/** How the engine of a run is asked for. */
export interface EngineOptions {
  /** Left out: the recorded engine, else the embedded one. */
  readonly engine?: EngineWish;
  readonly sameEngine?: boolean;
}

/** The plan on the engine that the run is to use; one with nothing for an engine to do asks for none. */
export async function planOnEngine(
  draw: (engine?: EngineChoice) => Promise<Plan>,
  options: EngineOptions,
  signal: AbortSignal,
  observe: RunObserver,
): Promise<Plan> {
  const first = await draw();
  const isIdle = first.steps.every(({ action, task }) =>
    action === "reuse" || task === "script"
  );
  if (isIdle && options.sameEngine !== true) return first;
  const wish = options.engine ?? null;
  const recorded = first.manifest?.engineChoice ?? null;
  const { choice, reason } = await decideEngine(wish, recorded, signal);
  if (reason !== null) observe({ kind: "engine", engine: choice, reason });
  const plan = await draw(choice);
  refuseSilentSwitch(plan, wish);
  return plan;
}

/**
 * Refuses to finish on one engine what another one began, unless that was asked for.
 *
 * @throws {RefusedError} naming the steps
 */
function refuseSilentSwitch(
  plan: Plan,
  wish: EngineWish | null,
): void {
  if (wish !== null && isExplicit(wish)) return;
  const { name, numericClass } = plan.engine;
  const begun = plan.steps.filter((step) =>
    step.cursor !== null && !step.setsAside &&
    otherEngines(step.cursor.engines, numericClass).length > 0
  );
  if (begun.length === 0) return;
  const names = begun.map((step) => `"${step.name}"`).join(", ");
  const engines = begun.flatMap((step) =>
    otherEngines(step.cursor!.engines, numericClass)
  );
  throw new RefusedError(
    `Cannot go on with step ${names} on engine "${numericClass}": it was begun on "${
      [...new Set(engines)].join('", "')
    }"`,
    {
      hint:
        `Give --engine ${name} to switch: the result is then close to that of one engine, not equal`,
    },
  );
}

async function firstThatWorks(
  wish: EngineWish,
  signal: AbortSignal,
): Promise<EngineDecision> {
  const reasons: string[] = [];
  let hint: string | null = null;
  for (const name of ENGINE_NAMES) {
    const tried = await tryEngine(name, wish, signal);
    if (tried.kind === "works") {
      const passed = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
      return {
        choice: tried.choice,
        reason: `auto takes the first that works${passed}`,
      };
    }
    reasons.push(`${name}: ${tried.reason}`);
    hint ??= tried.hint;
  }
  throw new RefusedError(
    `Cannot find an engine that fits: ${reasons.join("; ")}`,
    hint === null ? {} : { hint },
  );
}

type Tried =
  | { readonly kind: "works"; readonly choice: EngineChoice }
  | {
    readonly kind: "fails";
    readonly reason: string;
    readonly hint: string | null;
  };

async function tryEngine(
  name: EngineChoice["name"],
  wish: EngineWish,
  signal: AbortSignal,
): Promise<Tried> {
  const found = candidate(name, wish);
  if (found.kind === "missing") return { ...found, kind: "fails" };
  const { choice } = found;
  if (name === EMBEDDED_ENGINE.name) return { kind: "works", choice };
  await fetchCode([probeEntry(PACKAGE_ROOT)], PACKAGE_ROOT, signal);
  const probed = await probeEngine(
    { ...choice, device: wish.device },
    PACKAGE_ROOT,
  );
  if (probed.kind === "fails") {
    return { kind: "fails", reason: probed.problem, hint: probed.hint };
  }
  const { numericClass, device } = probed;
  return { kind: "works", choice: { ...choice, numericClass, device } };
}

function requireStillThere(
  { name, numericClass, library }: EngineChoice,
): void {
  if (library === null) return;
  const problem = describeElf(library.path);
  if (problem === null) return;
  throw new RefusedError(
    `Cannot go on with engine "${numericClass}": "${library.path}": ${problem}`,
    {
      hint:
        `Install it again with \`deno task engine install --version ${library.version}\`, or give --engine ${
          name === "wasm" ? "tensorflow" : "wasm"
        } to go on with another: its results are close, not equal`,
    },
  );
}
