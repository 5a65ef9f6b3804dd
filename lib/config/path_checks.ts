// Files and folders that must be there before a run starts. What a step makes is not looked for.
import { dirname, resolve } from "node:path";
import type { DatasetEntry, Step } from "../catalog/pipeline.ts";
import {
  type LocatedMap,
  type Place,
  placeOf,
} from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";
import { datasetHome } from "./dataset_section.ts";

interface WantedPath {
  readonly path: string;
  readonly written: string;
  readonly kind: "folder" | "file";
  readonly what: string;
  readonly place: Place;
  /** Folder that relative paths start from. */
  readonly root: string;
}

/** Where the paths of a pipeline are written. */
export interface PathSources {
  readonly document: LocatedMap;
  readonly datasets: Readonly<Record<string, DatasetEntry>>;
  readonly drafts: readonly StepDraft[];
  /** `output.test_image_address`. */
  readonly testPictures: readonly string[];
}

/** Reports pictures' folders, captions, task modules and test pictures that are not there. Datasets that no step reads are not looked for. */
export async function checkPaths(
  steps: readonly Step[],
  sources: PathSources,
  report: Report,
): Promise<void> {
  // Thousands of steps may use one module.
  const faults = new Map<string, ReturnType<typeof pathFault>>();
  const known = (wanted: WantedPath) => {
    const name = JSON.stringify([wanted.kind, wanted.path, wanted.root]);
    const fault = faults.get(name) ?? pathFault(wanted);
    faults.set(name, fault);
    return fault;
  };
  for (
    const wanted of [
      ...datasetPaths(steps, sources),
      ...modulePaths(steps, sources),
      ...testPicturePaths(steps, sources),
    ]
  ) {
    const fault = await known(wanted);
    if (fault !== undefined) {
      report.error(
        wanted.place,
        `Cannot find ${wanted.what} "${wanted.written}": ${fault.reason}`,
        fault.hint,
      );
    }
  }
}

function datasetPaths(
  steps: readonly Step[],
  { document, datasets }: PathSources,
): WantedPath[] {
  const used = datasetsOfSteps(steps);
  return Object.entries(datasets).flatMap(([name, entry]) => {
    if (entry.type === "webdataset") return [];
    const { image_folder_path, captions_file_path } = entry;
    if (
      !used.has(name) || image_folder_path === null ||
      captions_file_path === null
    ) return [];
    const { isTop, section, where } = datasetHome(name);
    const root = resolve(".");
    return [
      {
        path: image_folder_path,
        written: entry.image_folder,
        kind: "folder",
        what: `the pictures ${where}`,
        place: placeOf(document, [
          ...section,
          isTop ? "data_path" : "image_folder",
        ]),
        root,
      },
      {
        path: captions_file_path,
        written: entry.captions_file,
        kind: "file",
        what: `the captions ${where}`,
        place: placeOf(document, [...section, "captions_file"]),
        root,
      },
    ];
  });
}

function modulePaths(
  steps: readonly Step[],
  { drafts }: PathSources,
): WantedPath[] {
  const draftOf = new Map(drafts.map((draft) => [draft.name, draft]));
  return steps.flatMap((step) => {
    if (step.task !== "script") return [];
    const draft = draftOf.get(step.name)!;
    const { uses: written, uses_path: path } = step;
    const root = path.endsWith(written)
      ? path.slice(0, -written.length)
      : dirname(path);
    const what = `the module of step "${step.name}"`;
    return [{
      path,
      written,
      kind: "file",
      what,
      place: placeIn(draft, "uses"),
      root: resolve(root),
    }];
  });
}

function testPicturePaths(
  steps: readonly Step[],
  { document, testPictures }: PathSources,
): WantedPath[] {
  const isDrawn = steps.some((step) =>
    step.task === "train" &&
    (step.trains.includes("compressor") || step.trains.includes("expander"))
  );
  if (!isDrawn) return [];
  const root = resolve(".");
  return testPictures.map((written, index) => ({
    path: resolve(written),
    written,
    kind: "file",
    what: "the test picture",
    place: placeOf(document, ["output", "test_image_address", index]),
    root,
  }));
}

/** Names of the datasets that steps read. */
export function datasetsOfSteps(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(datasetsOf));
}

function datasetsOf(step: Step): string[] {
  switch (step.task) {
    case "train":
      return [
        step.dataset,
        ...(step.eval_dataset === null ? [] : [step.eval_dataset]),
      ];
    case "compare":
      return [
        step.dataset,
        ...(step.baseline_dataset === null ? [] : [step.baseline_dataset]),
      ];
    case "evaluate":
      return [step.dataset];
    case "generate":
    case "script":
      return [];
    default:
      return step satisfies never;
  }
}

/** Why a path cannot be read as what it should be; undefined where it can. */
export async function pathFault(
  { path, kind, root }: {
    readonly path: string;
    readonly kind: "folder" | "file" | "any";
    /** Folder that relative paths start from. */
    readonly root: string;
  },
): Promise<{ readonly reason: string; readonly hint: string } | undefined> {
  const what = kind === "any" ? "file or folder" : kind;
  // Asked first, so that a terminal is not bothered with one question per path.
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") {
    return {
      reason: "reading it is not permitted",
      hint: `Run with -R=.,${path}`,
    };
  }
  try {
    const found = await Deno.stat(path);
    const isRight = kind === "folder"
      ? found.isDirectory
      : found.isFile || (kind === "any" && found.isDirectory);
    if (isRight) return undefined;
    return { reason: `it is not a ${what}`, hint: `Name a ${what}` };
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) {
      return {
        reason: `there is no such ${what}`,
        hint: `Relative paths start at ${root}; create it or correct the path`,
      };
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      return {
        reason: "the system does not let you read it",
        hint: "Change its mode or its owner",
      };
    }
    throw error;
  }
}
