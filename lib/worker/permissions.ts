// What one step's process may touch, derived from what the step declares. Least privilege per step, no sandbox: only what Deno enforces.
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { EngineName } from "../engine_setup/engine_choice.ts";

/** The fields of a step request that decide its permissions. */
export interface PermissionSubject {
  readonly task: string;
  readonly folder: string;
  readonly lock: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly datasets: Readonly<
    Record<
      string,
      | {
        readonly imageFolder: string;
        readonly captionsFile: string;
        readonly dimensions?: { readonly path: string };
      }
      | { readonly places: ShardGrants }
    >
  >;
  readonly weight_files?: {
    readonly files: readonly { readonly path: string }[];
    readonly tokenizer: { readonly path: string } | null;
  };
  readonly text_files?: {
    readonly tokenizer: { readonly path: string } | null;
    readonly pretrained: { readonly path: string } | null;
  };
  /** Weights of the perceptual loss; absent where the step has none. */
  readonly lpips?: { readonly path: string };
  readonly engine: {
    readonly name: EngineName;
    readonly library: { readonly path: string } | null;
  };
  readonly options: {
    readonly permissions: DeclaredPermissions;
    /** Absolute path of a script step's module. */
    readonly uses_path?: string;
    /** Components that the step trains: pictures are reconstructed as samples where the VAE is among them. */
    readonly trains?: readonly string[];
    /** Threads that decode pictures. */
    readonly workers?: number;
  };
  readonly output: {
    /** Pictures of the user's that are reconstructed too. */
    readonly test_image_address: readonly string[];
  };
}

/** What tar shards need. */
interface ShardGrants {
  readonly read: readonly string[];
  /** Fetched shards are kept there for every step. */
  readonly folders: readonly string[];
  /** The hosts of the dataset's addresses, and no others. */
  readonly hosts: readonly string[];
}

/** What a step adds in its own `permissions` key. */
export interface DeclaredPermissions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly net: readonly string[];
  readonly env: readonly string[];
}

/**
 * Allow lists of one step; an empty list grants nothing. Paths inside the working directory are relative to it. Places that differ
 * from machine to machine are named: `npm:<package>/<file>` for a file of a package, `code:<module>` for a task module with
 * everything it imports and the `.wasm` files of its packages, `fluxline:<module>` for a module of fluxline with what it imports.
 */
export interface StepPermissions extends DeclaredPermissions {
  readonly ffi: readonly string[];
  readonly sys: readonly string[];
  readonly run: readonly string[];
}

/** Prefix of a file inside an npm package. */
export const PACKAGE_PREFIX = "npm:";

/** Prefix of a task module and all that it imports. */
export const CODE_PREFIX = "code:";

/** Prefix of a module of fluxline itself and all that it imports: a thread loads its code as a file. */
export const OWN_CODE_PREFIX = "fluxline:";

/** Files inside a step folder that only the runner writes. */
export const RUNNER_FILES = ["request.json", "complete.json", "attempts"];

/** Files of packages that an engine reads. */
export const ENGINE_FILES: Readonly<Record<EngineName, readonly string[]>> = {
  wasm: ["npm:@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
  tensorflow: [],
  webgpu: [],
};

/** Files of packages that the JPEG decoder and the resizer of a step read; a script has those of its own code. */
export const TASK_PACKAGE_FILES: readonly string[] = [
  "npm:@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  "npm:@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm",
];

const SYMBOLIC = [PACKAGE_PREFIX, CODE_PREFIX, OWN_CODE_PREFIX];

/** Code of the threads that decode pictures for a train step. */
const DECODING_CODE = `${OWN_CODE_PREFIX}lib/data/decoding_thread_main.ts`;

/** Least privilege of a step, as the plan shows it: the same on every machine. */
export function stepPermissions(
  subject: PermissionSubject,
  cwd: string = Deno.cwd(),
): StepPermissions {
  const { permissions, uses_path: module } = subject.options;
  const { folder, lock } = subject;
  const shown = (path: string) => shownPath(path, cwd);
  const inputs = Object.values(subject.inputs);
  // A script names all that it touches itself.
  const given = module === undefined
    ? taskGrants(subject, inputs)
    : { read: [], kept: [], hosts: [] };
  const code = module === undefined
    ? taskCode(subject)
    : [`${CODE_PREFIX}${shown(module)}`];
  return {
    read: distinct(
      [folder, lock, ...inputs, ...given.read, ...permissions.read].map(shown)
        .concat(code),
    ),
    write: distinct([folder, ...given.kept, ...permissions.write].map(shown)),
    net: distinct([...given.hosts, ...permissions.net]),
    env: distinct(permissions.env),
    // Native code is outside of what Deno enforces; the plan says so.
    ffi: subject.task === "script" || subject.engine.library === null
      ? []
      : [subject.engine.library.path],
    sys: [],
    run: [],
  };
}

/** What data and files a task of fluxline's own needs. */
interface TaskGrants {
  readonly read: readonly string[];
  /** Folders that it also writes: fetched shards stay for every step. */
  readonly kept: readonly string[];
  readonly hosts: readonly string[];
}

function taskGrants(
  subject: PermissionSubject,
  inputs: readonly string[],
): TaskGrants {
  const datasets = Object.values(subject.datasets);
  const folders = datasets.filter((dataset) => "imageFolder" in dataset);
  const shards = datasets.flatMap((dataset) =>
    "places" in dataset ? [dataset.places] : []
  );
  const fetched = shards.flatMap((one) => one.folders);
  const data = folders
    .flatMap((dataset) => [dataset.imageFolder, dataset.captionsFile])
    .filter((path) => !inputs.some((folder) => isInside(folder, path)));
  const dimensions = folders
    .flatMap((dataset) => dataset.dimensions?.path ?? []);
  const { trains = [] } = subject.options;
  const samples = trains.includes("compressor") || trains.includes("expander")
    ? subject.output.test_image_address
    : [];
  const { weight_files, text_files, lpips } = subject;
  const files = [
    ...weight_files?.files ?? [],
    weight_files?.tokenizer,
    text_files?.tokenizer,
    text_files?.pretrained,
    lpips,
  ].flatMap((file) => file?.path ?? []);
  return {
    read: [
      ...data,
      ...dimensions,
      ...shards.flatMap((one) => one.read),
      ...fetched,
      ...samples,
      ...files,
    ],
    kept: fetched,
    hosts: shards.flatMap((one) => one.hosts),
  };
}

function taskCode({ engine, options }: PermissionSubject): string[] {
  const { workers = 0 } = options;
  return [
    ...ENGINE_FILES[engine.name],
    ...TASK_PACKAGE_FILES,
    ...(workers > 0 ? [DECODING_CODE] : []),
  ];
}

/** Whether `path` is `folder` or lies below it, by name alone: links are the link check's business. */
export function isInside(folder: string, path: string): boolean {
  const rest = relative(resolve(folder), resolve(path));
  return rest === "" ||
    (rest !== ".." && !rest.startsWith("../") && !isAbsolute(rest));
}

/** What resolving a path may take out of it: dots, and slashes that separate nothing. Most paths have none, and there are thousands. */
const UNSETTLED = /\/(?:[./]|$)/;

/** `path` relative to the working directory where it lies inside, else absolute; symbolic places stay as they are. */
export function shownPath(path: string, cwd: string = Deno.cwd()): string {
  if (isSymbolic(path)) return path;
  const isSettled = path.startsWith("/") && !UNSETTLED.test(path);
  const absolute = isSettled ? path : resolve(cwd, path);
  if (absolute === cwd) return ".";
  const start = cwd.endsWith(sep) ? cwd : cwd + sep;
  return absolute.startsWith(start) ? absolute.slice(start.length) : absolute;
}

/** Whether an entry of an allow list names a place and not a path. */
export function isSymbolic(entry: string): boolean {
  return SYMBOLIC.some((prefix) => entry.startsWith(prefix));
}

function distinct(entries: readonly string[]): string[] {
  return entries.length < 2 ? [...entries] : [...new Set(entries)];
}
