// What can be written at a place of the command line: commands and options from the tree, names from what lies on disk.
import type { Command } from "commander";
import { ENGINE_NAMES } from "../engine_setup/engine_choice.ts";
import { listRuns, readRunManifest } from "../store/run_record.ts";
import {
  type CompletionPlace,
  completionPlace,
  longName,
  type WantedValue,
} from "./completion_place.ts";

/** A word that can stand at the cursor. */
export interface Candidate {
  readonly text: string;
  /** A few words about it, or the empty string. */
  readonly about: string;
}

/** Every word that can stand at the end of `words` and begins as the last of them does. Never fails: what cannot be read offers nothing. */
export async function completionCandidates(
  program: Command,
  words: readonly string[],
): Promise<Candidate[]> {
  const place = completionPlace(program, words);
  const offers = [
    ...(place.wantsCommand ? commandNames(place.command) : []),
    ...(place.wantsOption ? optionNames(place) : []),
    ...(place.wantsOption || place.value === null
      ? []
      : await values(place.value, place)),
  ];
  return offers
    .filter(({ text }) =>
      // Anything else could not be told from several words, or from keys pressed.
      text.startsWith(place.typed) && !/\p{Cc}/u.test(text)
    )
    .map(({ text, about }) => ({ text: place.prefix + text, about }));
}

function commandNames(command: Command): Candidate[] {
  return command.createHelp().visibleCommands(command).map((one) => ({
    text: one.name(),
    about: one.description(),
  }));
}

/** Those that are not written yet; what may be repeated stays. */
function optionNames({ command, options }: CompletionPlace): Candidate[] {
  return command.createHelp().visibleOptions(command)
    .filter((option) =>
      !options.has(longName(option)) || Array.isArray(option.defaultValue)
    )
    .map((option) => ({ text: longName(option), about: option.description }));
}

async function values(
  wanted: WantedValue,
  place: CompletionPlace,
): Promise<Candidate[]> {
  if (wanted.choices !== null) return named(wanted.choices);
  if (wanted.option === "--engine") return named(["auto", ...ENGINE_NAMES]);
  const runsDir = place.options.get("--runs") ?? "runs";
  if (wanted.option === "--run") return named(runNames(runsDir));
  switch (wanted.word) {
    case "file":
    case "files":
      return paths(place.typed, /\.ya?ml$/i);
    case "step":
      return named(await stepNames(place, runsDir));
    case "run":
      return named(runNames(runsDir));
    case "name":
    case "names":
      return place.command.parent?.name() === "schedule"
        ? named(await scheduleNames(place))
        : [];
    case "dir":
    case "folder":
    case "path":
    case "paths":
    case "wheel":
      return paths(place.typed, /(?:)/);
    default:
      return [];
  }
}

function named(names: Iterable<string>): Candidate[] {
  return [...new Set(names)].map((text) => ({ text, about: "" }));
}

function runNames(runsDir: string): string[] {
  try {
    return listRuns(runsDir);
  } catch {
    return [];
  }
}

/** Of the run that is named, of all runs where the command is about runs, else of the pipeline that is named or of all. */
async function stepNames(
  { command, operands, options }: CompletionPlace,
  runsDir: string,
): Promise<string[]> {
  const isOfRuns = command.options.some(({ long }) => long === "--run");
  if (isOfRuns) {
    const run = options.get("--run");
    const runs = run === undefined ? runNames(runsDir) : [run];
    const manifests = await Promise.all(
      runs.map((one) => readRunManifest(runsDir, one).catch(() => null)),
    );
    return manifests.flatMap((one) => one?.steps.map(({ name }) => name) ?? []);
  }
  const { findPipelines } = await import("../config/find_pipelines.ts");
  const { writtenSteps } = await import("../config/written_steps.ts");
  const file = operands.find((one) => /\.ya?ml$/i.test(one));
  const files = file === undefined
    ? await findPipelines("pipelines").catch(() => [])
    : [file];
  return (await Promise.all(files.map(writtenSteps))).flat();
}

/** Of the file that is named, else of those that the commands would read. */
async function scheduleNames({ options }: CompletionPlace): Promise<string[]> {
  const { chosenScheduleFiles, loadSchedules } = await import(
    "../schedule/load_schedules.ts"
  );
  const file = options.get("--file");
  try {
    const files = await chosenScheduleFiles(file === undefined ? [] : [file]);
    const loaded = await loadSchedules(files, Date.now());
    return loaded.ok ? loaded.value.map(({ name }) => name) : [];
  } catch {
    return [];
  }
}

/** Folders, and files whose names fit, below what is typed. */
function paths(typed: string, fits: RegExp): Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const rest = typed.slice(folder.length);
  try {
    return [...Deno.readDirSync(folder === "" ? "." : folder)]
      // Hidden names are for those who type the dot.
      .filter(({ name }) => !name.startsWith(".") || rest.startsWith("."))
      .filter((entry) => entry.isDirectory || fits.test(entry.name))
      .map(({ name, isDirectory }) => ({
        text: `${folder}${name}${isDirectory ? "/" : ""}`,
        about: "",
      }))
      .toSorted((a, b) => a.text < b.text ? -1 : 1);
  } catch {
    return [];
  }
}
