// Questions to an engine in a process of its own: does it start, and how does a training step go?
import { join } from "node:path";
import type { Device, EngineStart } from "../engine_setup/engine_choice.ts";
import { askEngine, type EngineAnswer } from "./engine_process.ts";

/** An engine that starts. */
export interface ProbeReport {
  readonly numericClass: string;
  readonly device: Device;
}

/** An engine that trains. */
export interface TrialReport extends ProbeReport {
  /** Until the engine was ready. */
  readonly startMs: number;
  /** The first step compiles and fills caches. */
  readonly firstStepMs: number;
  /** Median of the steps after it. */
  readonly stepMs: number;
  /** After the first step's forward pass; close on every engine. */
  readonly loss: number;
}

/** The module that {@linkcode probeEngine} runs. */
export function probeEntry(packageRoot: string): string {
  return join(packageRoot, "lib", "engines", "probe_main.ts");
}

/** The module that {@linkcode trainOnEngine} runs. */
export function trialEntry(packageRoot: string): string {
  return join(packageRoot, "lib", "steps", "engine_trial.ts");
}

/** Starts the engine and ends. */
export async function probeEngine(
  start: EngineStart,
  packageRoot: string,
): Promise<EngineAnswer<ProbeReport>> {
  return await askEngine(probeEntry(packageRoot), start, packageRoot);
}

/** Starts the engine and trains a small model for a few steps. */
export async function trainOnEngine(
  start: EngineStart,
  packageRoot: string,
): Promise<EngineAnswer<TrialReport>> {
  return await askEngine(trialEntry(packageRoot), start, packageRoot);
}
