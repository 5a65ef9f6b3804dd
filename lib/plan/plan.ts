// What a run of a pipeline would do now, step by step, and why. Nothing is run or written, and no tensor is loaded.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mostEpochs } from "../config/transition_checks.ts";
import { freeBytes } from "../disk/free_space.ts";
import { GatheredFailures } from "../error/several_failures.ts";
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import {
  EMBEDDED_ENGINE,
  type EngineChoice,
} from "../engine_setup/engine_choice.ts";
import { FingerprintCache } from "../store/fingerprint_cache.ts";
import { readRunManifest, type RunManifest } from "../store/run_record.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import {
  findStepFolder,
  indexStepFolders,
  type StepFolderIndex,
  storeLayout,
  workKey,
} from "../store/store_layout.ts";
import type { StepRequest } from "../store/step_request.ts";
import {
  type StepPermissions,
  stepPermissions,
} from "../worker/permissions.ts";
import { forcedSteps } from "./forced_steps.ts";
import { PlanDatasets } from "./plan_datasets.ts";
import { refuseSmallPictures } from "./judged_pictures.ts";
import { type ModuleGraph, moduleGraph } from "./module_graph.ts";
import { gatherRefusedInputs } from "./refused_inputs.ts";
import { runsWithKey } from "./shared_work.ts";
import { decideStep, type StepDecision } from "./step_action.ts";
import { topologicalOrder, withoutImplied } from "./step_graph.ts";
import { stepRoles } from "./step_inputs.ts";
import { type StepReading, stepReads } from "./step_reads.ts";
import { buildRequest } from "./build_request.ts";
import { weightDigests } from "./plan_weights.ts";
import { refuseLongWarmUps } from "./warm_ups.ts";
import { workRecord } from "./work_record.ts";

/** What a plan is asked for. */
export interface PlanOptions {
  /** Folder of all runs, relative or absolute. */
  readonly runsDir: string;
  /** Left out: the one that the run's manifest records, or the embedded one where there is none yet. */
  readonly engine?: EngineChoice;
  /** Redo finished steps whose results come from another numeric class. */
  readonly sameEngine?: boolean;
  /** Steps to redo although they are finished. */
  readonly force?: readonly string[];
  /** Steps to redo with everything that needs them. */
  readonly from?: readonly string[];
  /** Keep digests of pictures for the next plan; needs write access to `runsDir`. */
  readonly saveFingerprints?: boolean;
}

/** One step of a plan. */
export interface PlannedStep extends StepDecision {
  readonly name: string;
  readonly task: Step["task"];
  readonly needs: readonly string[];
  readonly key: string;
  /** Absolute. */
  readonly folder: string;
  readonly step: Step;
  readonly request: StepRequest;
  readonly permissions: StepPermissions;
  /** Other runs that refer to this key, where the step's folder is to be moved aside. */
  readonly sharedWith: readonly string[];
}

/** A plan; its steps are in the order in which one after the other could run. */
export interface Plan {
  readonly pipeline: Pipeline;
  /** Path as given. */
  readonly file: string;
  readonly run: string;
  readonly mode: Pipeline["mode"];
  readonly engine: EngineChoice;
  /** Nothing has decided on the engine yet: the first start will. */
  readonly isEngineOpen: boolean;
  /** Absolute. */
  readonly runsDir: string;
  readonly steps: readonly PlannedStep[];
  /** Manifest of the run's last start; null before the first. */
  readonly manifest: RunManifest | null;
  /** Null where this process may not ask. */
  readonly freeBytes: number | null;
}

/** Absolute folder of fluxline's own `lib/`. */
export const PACKAGE_ROOT: string = resolve(
  dirname(fileURLToPath(import.meta.url)),
  "..",
  "..",
);

/**
 * Plans a pipeline.
 *
 * @throws {UsageError} where `force` or `from` names no step, or the runs folder is none
 * @throws {RefusedError} where data or modules are missing, a warm-up is longer than its step, or pictures are too small to be judged
 * @throws {SeveralFailures} where more than one of the steps' inputs is missing or broken
 * @throws {StoredStateError} where the run's manifest cannot be understood
 */
export async function planPipeline(
  pipeline: Pipeline,
  options: PlanOptions,
): Promise<Plan> {
  requireRunsFolder(options.runsDir);
  const runsDir = resolve(options.runsDir);
  const forced = forcedSteps(pipeline, options);
  const manifest = await readRunManifest(runsDir, pipeline.name);
  const known = options.engine ?? manifest?.engineChoice ?? null;
  const engine = known ?? EMBEDDED_ENGINE;
  const layout = storeLayout(runsDir);
  const cache = await FingerprintCache.open(layout.fingerprints);
  const session: PlanSession = {
    pipeline,
    runsDir,
    cwd: Deno.cwd(),
    engine,
    isEngineOpen: known === null,
    sameEngine: options.sameEngine === true,
    forced,
    manifest,
    cache,
    datasets: new PlanDatasets(pipeline, cache, layout),
    keepsDimensions: options.saveFingerprints === true,
    readModule: moduleReader(),
    stored: indexStepFolders(runsDir),
    planned: new Map(),
    unfinished: new Map(),
  };
  const order = topologicalOrder(pipeline.steps);
  const gathered = new GatheredFailures();
  for (const [index, step] of order.entries()) {
    const planned = await gathered.of(() => planStep(step, session));
    if (planned === undefined) {
      await gatherRefusedInputs(order.slice(index), session, gathered);
      break;
    }
    session.planned.set(step.name, planned);
    const { key, name, action } = planned;
    if (action !== "reuse" && !session.unfinished.has(key)) {
      session.unfinished.set(key, name);
    }
  }
  gathered.throwAny();
  const steps = [...session.planned.values()];
  await gathered.of(() => refuseLongWarmUps(pipeline, steps));
  await gathered.of(() =>
    refuseSmallPictures(pipeline, steps, session.datasets)
  );
  gathered.throwAny();
  if (options.saveFingerprints === true) await cache.save();
  return {
    pipeline,
    file: pipeline.file,
    run: pipeline.name,
    mode: pipeline.mode,
    engine,
    isEngineOpen: session.isEngineOpen,
    runsDir,
    steps,
    manifest,
    freeBytes: freeBytes(runsDir),
  };
}

interface PlanSession extends StepReading {
  readonly runsDir: string;
  /** Folder that this process works in: asking for it is a system call, which each of thousands of steps would make. */
  readonly cwd: string;
  readonly engine: EngineChoice;
  readonly isEngineOpen: boolean;
  readonly sameEngine: boolean;
  /** Step to the option that forces it. */
  readonly forced: ReadonlyMap<string, string>;
  readonly manifest: RunManifest | null;
  /** The step folders there are. */
  readonly stored: StepFolderIndex;
  readonly planned: Map<string, PlannedStep>;
  /** Key to the first planned step with it that is not finished. */
  readonly unfinished: Map<string, string>;
}

async function planStep(
  step: Step,
  session: PlanSession,
): Promise<PlannedStep> {
  const { pipeline, runsDir, manifest, planned } = session;
  const roles = stepRoles(step);
  const needs = new Map<string, string>();
  for (const [role, need] of roles) {
    needs.set(role, (planned.get(need) as PlannedStep).key);
  }
  const reads = await stepReads(step, session);
  const { sets, weights, text, lpips, modules, batchesPerEpoch } = reads;
  const work = workRecord(step, {
    weights: weightDigests(weights),
    ...(lpips === null ? {} : { lpips: lpips.sha256 }),
    pipeline,
    needs,
    datasets: sets,
    modules,
    text,
  });
  const key = workKey(work);
  const folder = findStepFolder(runsDir, key, step.name, session.stored);
  const request = buildRequest({
    pipeline,
    step,
    key,
    work,
    folder: folder.folder,
    folderOf: (name) => (planned.get(name) as PlannedStep).folder,
    inputs: [...new Set([...step.needs, ...roles.values()])],
    engine: session.engine,
    packageRoot: PACKAGE_ROOT,
    reads,
  });
  const forcedBy = session.forced.get(step.name) ?? null;
  const decision = await decideStep({
    name: step.name,
    key,
    work,
    folder,
    runsDir,
    manifest,
    forcedBy,
    unfinished: unfinishedNeeds(step, planned),
    sameWorkAs: session.unfinished.get(key) ?? null,
    batchesPerEpoch,
    epochs: step.task === "train" ? mostEpochs(step) : null,
    engine: session.isEngineOpen ? null : session.engine.numericClass,
    sameEngine: session.sameEngine,
  });
  return {
    ...decision,
    name: step.name,
    task: step.task,
    needs: step.needs,
    key,
    folder: folder.folder,
    step,
    request,
    permissions: stepPermissions(request, session.cwd),
    sharedWith: decision.setsAside && forcedBy !== null
      ? await runsWithKey(runsDir, key, pipeline.name)
      : [],
  };
}

/** Follows the code of a module once: many steps may use one. */
function moduleReader(): (entry: string) => Promise<ModuleGraph> {
  const graphs = new Map<string, Promise<ModuleGraph>>();
  return (entry) => {
    const graph = graphs.get(entry) ?? moduleGraph(entry, PACKAGE_ROOT);
    graphs.set(entry, graph);
    return graph;
  };
}

function unfinishedNeeds(
  step: Step,
  planned: ReadonlyMap<string, PlannedStep>,
): string[] {
  const names = step.needs.filter((need) =>
    planned.get(need)?.action !== "reuse"
  );
  return names.length < 2
    ? names
    : withoutImplied([...planned.values()], names);
}
